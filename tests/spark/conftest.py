"""The test on a cluster runs by `make spark-test` alone, which names its Python."""

import os

collect_ignore = [] if os.environ.get("FUNNELHOUSE_SPARK_PYTHON") else ["test_spark.py"]
