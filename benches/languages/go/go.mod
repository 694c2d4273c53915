module fields

go 1.19

require conntrack v0.0.0

replace conntrack => ../../../bindings/go
