// A module without a host: a program names this folder with "replace" (README.md).
module conntrack

go 1.19
