import os

from shiny import App, ui
from shinywidgets import output_widget, render_widget

from streamcell import StreamCell, stream_cell

app_ui = ui.page_fluid(output_widget("answer", height="auto", fillable=False))


def server(input: object, output: object, session: object) -> None:
    @render_widget
    def answer() -> StreamCell:
        return stream_cell(os.environ["ASKED"], model="echo?rate=30,echo?rate=60")


app = App(app_ui, server)
