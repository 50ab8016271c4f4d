"""Kernels that begin with Keras loaded, which takes seconds: each is forked from one process that has it.

A kernel of this kind gives what any other gives, as no name is bound in it yet. Where processes cannot be forked safely
(on macOS and Windows), kernels start as usual.
"""

import multiprocessing
import os
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

from jupyter_client.provisioning import KernelProvisionerFactory, LocalProvisioner

LOADED = ["keras", "pandas", "scipy.stats", "ipykernel.kernelapp"]
STARTS_KERNEL = ["-m", "ipykernel_launcher"]


def use():
    """Start the kernels of this process so."""
    if sys.platform != "linux":
        return
    KernelProvisionerFactory.provisioners["forked"] = EntryPoint("forked", "kernels:Forked", "")
    KernelProvisionerFactory.instance().default_provisioner_name = "forked"


class Forked(LocalProvisioner):
    """What starts such a kernel."""

    async def launch_kernel(self, cmd, **settings):
        if cmd[1:3] != STARTS_KERNEL:
            return await super().launch_kernel(cmd, **settings)
        self.process = Process(cmd[3:], settings.get("cwd"), settings.get("env"))
        self.pid = self.pgid = self.process.pid
        self.cwd = settings.get("cwd")
        return self.connection_info


class Process:
    """A kernel, with what its manager asks of a `subprocess.Popen`."""

    stdin = stdout = stderr = None

    def __init__(self, arguments, folder, environment):
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(LOADED)  # in the first one
        self._process = context.Process(target=run, args=(arguments, folder, environment))
        self._process.start()
        self.pid = self._process.pid

    def poll(self):
        return None if self._process.is_alive() else self._process.exitcode

    def wait(self):
        self._process.join()
        return self._process.exitcode

    def send_signal(self, number):
        os.kill(self.pid, number)

    def kill(self):
        self._process.kill()

    def terminate(self):
        self._process.terminate()


def run(arguments, folder, environment):
    """Be a kernel, in a group of its own."""
    import matplotlib
    from ipykernel.kernelapp import launch_new_instance

    os.setsid()
    os.chdir(folder or ".")
    os.environ.update(environment or {})
    # As a kernel has it where Matplotlib is not loaded before.
    matplotlib.rcParams["backend"] = "module://matplotlib_inline.backend_inline"
    ours = Path(__file__).resolve().parent
    sys.path[:] = ["", *(path for path in sys.path if path not in ("", str(ours), str(ours.parent)))]
    launch_new_instance([*arguments, f"--IPKernelApp.parent_handle={os.getppid()}"])  # which it does not outlive
