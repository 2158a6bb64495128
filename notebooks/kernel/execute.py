"""Executes a notebook from a clean kernel: execute.py IN.ipynb OUT.ipynb. Where a cell fails, its error goes to stderr."""

import sys
from pathlib import Path
from queue import Empty

import nbformat
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError

SECONDS_A_CELL = 600
SECONDS_OF_SILENCE = 1


class PatientClient(NotebookClient):
    """Waits after each cell, because Deno may send what the cell printed last after it has said that it is done."""

    async def async_execute_cell(self, cell, cell_index, *args, **kwargs):
        executed = await super().async_execute_cell(cell, cell_index, *args, **kwargs)
        while cell.cell_type == "code":
            try:
                message = await self.kc.get_iopub_msg(timeout=SECONDS_OF_SILENCE)
            except Empty:
                break
            if message["msg_type"] != "status":
                self.process_message(message, cell, cell_index)
        return executed


source, target = map(Path, sys.argv[1:])
notebook = nbformat.read(source, as_version=4)
nbformat.validate(notebook)
for cell in notebook.cells:
    if cell.cell_type == "code":
        cell.outputs, cell.execution_count = [], None
client = PatientClient(
    notebook,
    timeout=SECONDS_A_CELL,
    kernel_name="deno",
    record_timing=False,
    resources={"metadata": {"path": str(source.parent)}},
)
try:
    client.execute()
except (CellExecutionError, CellTimeoutError) as error:
    sys.exit(str(error))
nbformat.write(notebook, target)
