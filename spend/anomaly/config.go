package anomaly

import "microspend/internal/scalar"

// ConfigFile is the section anomalies of microspend.yaml, as it is written.
//
//	anomalies:
//	  floor: 1                      # dollars; smaller moves are not reported
//	  k: 4                          # deviations from the median, scaled to a standard deviation
type ConfigFile struct {
	Floor *scalar.Positive `yaml:"floor"`
	K     *scalar.Positive `yaml:"k"`
}

// Config is the rule that is written.
func (f ConfigFile) Config() (rule Rule) {
	if f.Floor != nil {
		rule.Floor = f.Floor.Decimal
	}
	if f.K != nil {
		rule.K = f.K.Decimal
	}
	return rule
}
