"""What ./flex bench is made of: the suite, timing, ceilings, reports. Libraries are in benchmarks/peers, one file each."""

import os

THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "FLEX_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def pin(cores):
    """This process on these cores, as many threads in every library. Before any is loaded: their pools look once."""
    os.sched_setaffinity(0, cores)
    os.environ.update(dict.fromkeys(THREADS, str(len(cores))))
