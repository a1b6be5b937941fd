"""Who trains the stacks: this process, several processes, or a Ray cluster.

An executor is given the stacks that are left and tells how far each is. Each stack is trained by `run_stack`, which
writes its own part of the results folder and nothing else; so an executor never passes results around.
"""

from __future__ import annotations

import multiprocessing
import os
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any

from emcomm import errors
from emcomm.errors import BadInput, EmcommError
from emcomm.studies.stack_work import Report, StackProgress, StackTask, look, run_stack

__all__ = ["EXECUTORS", "Executor", "processors", "run_locally", "run_on_ray"]

Executor = Callable[[Sequence[StackTask], Report, int], None]
Worker = tuple[BaseProcess, Connection]
POLL = 2.0  # seconds between looks at a cluster


def processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_locally(tasks: Sequence[StackTask], report: Report, workers: int = 1) -> None:
    """Train stacks on this machine.

    Args:
        tasks: the stacks.
        report: told of every progress, in this process.
        workers: 1 trains one stack after the other in this process; more train that many at once, each in a process of
            its own with its share of the processor's threads.

    Raises:
        EmcommError: what a stack failed with; the others are stopped, and can be gone on with.
    """
    if workers <= 1 or len(tasks) <= 1:
        for task in tasks:
            run_stack(task, report)
        return
    threads = max(1, processors() // workers)
    waiting = [replace(task, threads=task.threads or threads) for task in reversed(tasks)]
    context = multiprocessing.get_context("spawn")
    working: dict[Connection, BaseProcess] = {}
    try:
        while waiting or working:
            while waiting and len(working) < workers:
                process, connection = _start(context, waiting.pop())
                working[connection] = process
            ready = wait(list(working))
            for connection in [each for each in working if each in ready]:
                if not _listen(connection, report):
                    working.pop(connection).join()
                    connection.close()
    finally:
        for process in working.values():
            process.terminate()
            process.join()


def _start(context: Any, task: StackTask) -> tuple[BaseProcess, Connection]:
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(task, theirs), daemon=True, name=f"emcomm stack {task.stack}")
    process.start()
    theirs.close()
    return process, ours


def _work(task: StackTask, connection: Connection) -> None:
    """Train one stack in a process of its own. When the parent is gone, the pipe is broken and training ends."""
    try:
        run_stack(task, connection.send)
        connection.send(None)
    except EmcommError as error:
        connection.send((type(error).__name__, str(error)))
    except (BrokenPipeError, KeyboardInterrupt):
        return
    except BaseException:
        connection.send(("", traceback.format_exc()))


def _listen(connection: Connection, report: Report) -> bool:
    """Take one message of a worker; return whether more may come."""
    try:
        message = connection.recv()
    except EOFError:
        raise EmcommError(
            "a process that trained a stack has ended too soon: it was killed, or the script lacks "
            "`if __name__ == '__main__':`; running the study again goes on from the last checkpoint"
        ) from None
    if message is None:
        return False
    if isinstance(message, StackProgress):
        report(message)
        return True
    kind, text = message
    if not kind:
        raise RuntimeError(f"a stack failed in its own process:\n{text}")
    raise getattr(errors, kind, EmcommError)(text)


def run_on_ray(tasks: Sequence[StackTask], report: Report, workers: int = 1) -> None:
    """Train stacks on the Ray cluster that is running, or on one started for this machine; needs a shared folder.

    Args:
        tasks: the stacks.
        report: told of what every stack has committed, now and then.
        workers: processors for each stack.

    Raises:
        BadInput: Ray is not installed.
        EmcommError: what a stack failed with.
    """
    try:
        import ray
    except ImportError:
        raise BadInput("executor 'ray' needs the package ray; install it with: pip install 'emcomm[ray]'") from None
    if not ray.is_initialized():
        ray.init(log_to_driver=False, logging_level="warning")
    gpus = 1 if any(task.device.startswith("cuda") for task in tasks) else 0
    remote = ray.remote(num_cpus=workers, num_gpus=gpus)(_on_cluster)
    pending = {remote.remote(replace(task, threads=workers)): task for task in tasks}
    try:
        while pending:
            for task in pending.values():
                report(look(task))
            for done in ray.wait(list(pending), timeout=POLL)[0]:
                task, failure = pending.pop(done), ray.get(done)
                if failure is not None:
                    raise failure
                report(look(task))
    finally:
        for left in pending:
            ray.cancel(left)


def _on_cluster(task: StackTask) -> EmcommError | None:
    """Train one stack on some machine of the cluster; return what it failed with."""
    try:
        run_stack(task, lambda _: None)
    except EmcommError as error:
        return error
    return None


EXECUTORS: dict[str, Executor] = {"local": run_locally, "ray": run_on_ray}
