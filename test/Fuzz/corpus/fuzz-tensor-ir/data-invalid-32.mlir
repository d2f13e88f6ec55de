flex.kernel @schedule() attributes {schedules = [{lanes = 4}]} { flex.return }
