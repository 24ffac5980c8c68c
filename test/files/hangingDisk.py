# A disk (FUSE) mounted at the given folder that answers what it is asked, but says nothing to mkdir. Needs root.
import ctypes
import os
import struct
import sys

fd = os.open("/dev/fuse", os.O_RDWR)
libc = ctypes.CDLL(None, use_errno=True)
options = f"fd={fd},rootmode=40755,user_id=0,group_id=0,allow_other"
if libc.mount(b"hanging", sys.argv[1].encode(), b"fuse", 0, options.encode()):
    sys.exit(f"cannot mount: {os.strerror(ctypes.get_errno())}")
print("mounted", flush=True)

ENOENT, ENOSYS = 2, 38
LOOKUP, FORGET, GETATTR, MKDIR, STATFS, INIT, INTERRUPT = 1, 2, 3, 9, 17, 26, 36
# struct fuse_attr of a folder: inode, size, blocks, times, mode, links, owner ...
folder = struct.pack("<6Q10I", 1, 0, 0, 0, 0, 0, 0, 0, 0, 0o40755, 2, 0, 0, 0, 4096, 0)

while True:
    asked = os.read(fd, 1 << 20)
    _, operation, unique = struct.unpack_from("<IIQ", asked)

    def answer(body=b"", error=0):
        os.write(fd, struct.pack("<IiQ", 16 + len(body), -error, unique) + body)

    if operation == INIT:
        answer(struct.pack("<4IHHIIHHI7I", 7, 31, 0, 0, 0, 0, 65536, 1, 0, 0, 0, *[0] * 7)[:64])
    elif operation == GETATTR:
        answer(struct.pack("<QII", 0, 0, 0) + folder)
    elif operation == LOOKUP:
        answer(error=ENOENT)
    elif operation not in (MKDIR, FORGET, INTERRUPT):
        answer(error=ENOSYS)
