"""The standard normal's distribution function and quantiles, by Python's own library: math.erfc and
statistics.NormalDist (Wichura 1988, AS 241). Writes normal.json beside this file: python3 normal.py"""
import json
import math
import pathlib
import statistics

normal = statistics.NormalDist()
values = [-37.5, -30, -12, -8, -7.2, -7, -6, -5, -4, -3, -2.5, -2, -1.5, -1, -0.5, -0.1, 0, 0.1, 0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 7.2, 12]
levels = [1e-9, 1e-6, 1e-3, 0.01, 0.02, 0.02425, 0.025, 0.1, 0.3, 0.5, 0.7, 0.9, 0.975, 0.97575, 0.98, 0.999, 1 - 1e-6]
found = {
    "made_by": "math.erfc and statistics.NormalDist of Python",
    "cumulative": [[x, 0.5 * math.erfc(-x / math.sqrt(2))] for x in values],
    "quantile": [[p, normal.inv_cdf(p)] for p in levels],
}
pathlib.Path(__file__).with_name("normal.json").write_text(json.dumps(found, indent=1) + "\n")
