flex.kernel @numerics() attributes {numerics = "loose"} { flex.return }
