"""One module per notation that an expression is printed in; import the one that is needed."""
