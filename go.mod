module hikeshi

go 1.26
