package spend

// What tests outside the package share with those inside.
var (
	Oracle      = oracle
	RequireNear = requireNear
	ReportOf    = report
)
