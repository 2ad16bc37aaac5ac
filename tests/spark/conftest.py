"""The test on a cluster runs by `make spark-test` alone, which names its Python."""

import os

collect_ignore = [] if "FUNNELHOUSE_SPARK_PYTHON" in os.environ else ["test_spark.py"]
