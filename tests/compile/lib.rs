//! Nothing of its own: its programs are in `pass` and `fail`.
