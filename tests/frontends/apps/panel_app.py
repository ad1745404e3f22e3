import os

import panel

from streamcell import stream_cell

panel.extension("ipywidgets")
cell = stream_cell(os.environ["ASKED"], model="echo?rate=30,echo?rate=60")
panel.state.on_session_destroyed(lambda _: cell.close())
panel.pane.IPyWidget(cell).servable()
