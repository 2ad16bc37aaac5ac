"""A Spark cluster on loopback: a master, two workers and the Thrift server.

All come from the pyspark wheel of the Spark environment and end with the block. What
they write (logs, tables, catalog) lies in one folder.
"""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

WORKERS = 2
SECONDS_TO_START = 120
MASTER = "org.apache.spark.deploy.master.Master"
WORKER = "org.apache.spark.deploy.worker.Worker"
THRIFT_SERVER = "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2"
EXECUTOR = "CoarseGrainedExecutorBackend"
LOOPBACK = "127.0.0.1"


class ClusterError(RuntimeError):
    """The cluster cannot be started; the message says what to do."""


@dataclass(frozen=True)
class Cluster:
    """A cluster that runs, and where it listens."""

    port: int
    workers: tuple[int, ...]

    def executors(self) -> list[int]:
        """The processes that do the work; Spark starts another where one ends."""
        return [
            process
            for worker in self.workers
            for process in _children(worker)
            if EXECUTOR in _command(process)
        ]

    def kill_executor(self) -> int:
        """End one as a machine that fails does: at once, with all it holds."""
        process = self.executors()[0]
        os.kill(process, signal.SIGKILL)
        return process


@contextmanager
def cluster(python: Path, folder: Path, salt: str) -> Iterator[Cluster]:
    """Start a cluster from the environment of `python`; stop all of it afterwards.

    Raises:
        ClusterError: there is no fit Java, or a process did not come up.
    """
    require_java()
    spark = spark_home(python)
    shutil.rmtree(folder, ignore_errors=True)
    (folder / "logs").mkdir(parents=True)
    given = _environment(python, folder, salt)
    with ExitStack() as stack:

        def start(name: str, *command: str) -> subprocess.Popen[bytes]:
            log = folder / "logs" / f"{name}.log"
            return stack.enter_context(_process([*command], folder, log, given))

        master, web = free_port(), free_port()
        daemon = str(spark / "bin" / "spark-class")
        listening = ("--host", LOOPBACK, "--port", str(master))
        held = start("master", daemon, MASTER, *listening, "--webui-port", str(web))
        _until(lambda: is_open(master), held, "the master", folder)
        workers = [
            start(f"worker{number}", daemon, WORKER, *_worker(folder, number, master))
            for number in range(1, WORKERS + 1)
        ]
        port = free_port()
        submit = [str(spark / "bin" / "spark-submit"), "--class", THRIFT_SERVER]
        given["SPARK_DAEMON_JAVA_OPTS"] = f"{SMALL_JAVA} -Xms2g"
        server = start("thrift", *submit, *_server(folder, master, port))
        _until(lambda: is_open(port), server, "the Thrift server", folder)
        running = Cluster(port, tuple(worker.pid for worker in workers))
        _until(lambda: len(running.executors()) == WORKERS, server, "both", folder)
        yield running


def require_java() -> None:
    """Spark 4 runs on Java 17 and 21."""
    java = shutil.which("java")
    home = os.environ.get("JAVA_HOME")
    found = Path(home, "bin", "java") if home else Path(java) if java else None
    remedy = (
        "install one (Debian, Ubuntu: apt-get install openjdk-17-jre-headless; "
        "macOS: brew install openjdk@17) or name its folder in JAVA_HOME"
    )
    if found is None or not found.is_file():
        raise ClusterError(f"Spark needs Java 17 or 21 and there is none: {remedy}")
    told = subprocess.run([found, "-version"], capture_output=True, text=True)
    version = told.stderr.partition('"')[2].partition(".")[0]
    if not version.isdigit() or int(version) < 17:
        raise ClusterError(f"Spark needs Java 17 or 21, {found} is {version}: {remedy}")


def spark_home(python: Path) -> Path:
    """The folder of the pyspark wheel.

    Raises:
        ClusterError: that environment has no pyspark.
    """
    code = "import pathlib, pyspark; print(pathlib.Path(pyspark.__file__).parent)"
    told = subprocess.run([python, "-c", code], capture_output=True, text=True)
    if told.returncode:
        raise ClusterError(f"{python} has no pyspark: make spark-test installs it")
    return Path(told.stdout.strip())


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        return int(taken.getsockname()[1])


def is_open(port: int) -> bool:
    with socket.socket() as knocking:
        return knocking.connect_ex((LOOPBACK, port)) == 0


def _environment(python: Path, folder: Path, salt: str) -> dict[str, str]:
    return {
        **os.environ,
        "PYSPARK_PYTHON": str(python),
        "SPARK_LOCAL_IP": LOOPBACK,
        "SPARK_LOCAL_DIRS": str(folder / "scratch"),
        # of the Thrift server too, which is a daemon to spark-submit
        "SPARK_DAEMON_MEMORY": "2g",
        "SPARK_DAEMON_JAVA_OPTS": SMALL_JAVA,
        "FUNNELHOUSE_PII_SALT": salt,
    }


def _worker(folder: Path, number: int, master: int) -> list[str]:
    work = folder / f"worker{number}"
    fixed = ["--host", LOOPBACK, "--port", str(free_port())]
    fixed += ["--webui-port", str(free_port()), "--work-dir", str(work)]
    return [*fixed, "--cores", "1", "--memory", "1200m", f"spark://{LOOPBACK}:{master}"]


def _server(folder: Path, master: int, port: int) -> list[str]:
    conf = {
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.executor.memory": "1g",
        "spark.executor.extraJavaOptions": f"{SMALL_JAVA} -Xms1g",
        "spark.executor.cores": "1",
        "spark.ui.enabled": "false",
        "spark.log.level": "WARN",
        "spark.sql.ui.explainMode": "simple",
        "spark.sql.maxPlanStringLength": "1",
        "spark.sql.files.openCostInBytes": "0",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
        # Hive's metastore takes half of the driver's time
        "spark.sql.catalogImplementation": "in-memory",
        "spark.hadoop.hive.server2.thrift.bind.host": LOOPBACK,
        "spark.hadoop.hive.server2.thrift.port": str(port),
        **SMALL_DATA,
    }
    options = [part for name, value in conf.items() for part in _option(name, value)]
    return ["--master", f"spark://{LOOPBACK}:{master}", *options, "spark-internal"]


SMALL_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:MetaspaceSize=256m"
# A sample's tables have hundreds of rows: what suits a terabyte takes minutes of them.
SMALL_DATA = {
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    "spark.shuffle.compress": "false",
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
}


def _option(name: str, value: str) -> list[str]:
    return ["--conf", f"{name}={value}"]


@contextmanager
def _process(
    command: list[str], folder: Path, log: Path, given: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """A process in a group of its own, ended with all that it started."""
    with log.open("wb") as told:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=dict(given),
            stdout=told,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    group = process.pid
    for sent in (signal.SIGTERM, signal.SIGKILL):
        if process.poll() is None:
            os.killpg(group, sent)
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                continue


def _until(
    holds: Callable[[], bool],
    process: subprocess.Popen[bytes],
    name: str,
    folder: Path,
) -> None:
    ends = time.monotonic() + SECONDS_TO_START
    while not holds():
        if process.poll() is not None or time.monotonic() > ends:
            raise ClusterError(f"{name} did not come up; see {folder / 'logs'}")
        time.sleep(0.2)


def _children(process: int) -> list[int]:
    """Of /proc: a worker's shell becomes Java, which starts the executors."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = status.read_text(encoding="utf-8")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(text.rpartition(")")[2].split()[1]) == process:
            found.append(int(status.parent.name))
    return found


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return ""
