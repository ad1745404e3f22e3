import marimo

app = marimo.App()


@app.cell
def _():
    import os

    from streamcell import stream_cell

    cell = stream_cell(os.environ["ASKED"], model="echo?rate=30,echo?rate=60")
    cell
    return


if __name__ == "__main__":
    app.run()
