"""All kinds of jobs. Most of what is installed is imported with them."""

from kith.workers import (
    audit,
    calibrate,
    data_report,
    deliver,
    detect,
    erase,
    listening,
    project,
    rebuild,
    receive,
    resolve,
    retain,
    sync,
)
from kith.workers.runner import Kinds

KINDS: Kinds = {
    "sync": sync.sync,
    "read_on_schedule": sync.read_on_schedule,
    "check_source": sync.check_source,
    "find_partitions": sync.find_partitions,
    "audit": audit.audit,
    "accept_sweeps": audit.accept_sweeps,
    "receive": receive.receive,
    "listen": listening.listen,
    "remove_source": sync.remove_source,
    "move_source": sync.move_source,
    "project": project.project,
    "refresh": project.refresh,
    "calibrate": calibrate.calibrate,
    "rebuild": rebuild.rebuild,
    "resolve": resolve.resolve,
    "detect": detect.detect,
    "deliver": deliver.deliver,
    "deliver_later": deliver.deliver_later,
    "erase": erase.erase,
    "erase_files": erase.erase_files,
    "data_report": data_report.data_report,
    "retain": retain.retain,
}
