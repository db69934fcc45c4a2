"""Benchmarks of a running Lyceum, each next to the limit measured in the same run.

The load comes out of this process, the work is done by another. Nothing here is asserted on in tests: absolute figures
drift with the machine, and only ratios within one run say something.
"""
