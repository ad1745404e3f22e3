import os

import solara

from streamcell import stream_cell


@solara.component
def Page() -> None:
    cell = solara.use_memo(lambda: stream_cell(os.environ["ASKED"], model="echo?rate=30,echo?rate=60"), [])
    solara.display(cell)
