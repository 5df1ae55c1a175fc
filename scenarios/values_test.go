package scenarios

import (
	"testing"

	"microspend/internal/scalar"
)

const (
	notPlain  = "is not a plain decimal number such as 12 or 0.0000291572 (no exponent, no separators)"
	notASize  = "is not a size such as 2GB, 0.63GiB or 512MiB (GB and GiB are 2^30 bytes)"
	notAShare = "is not a percentage such as 25%"
)

func TestGB(t *testing.T) {
	runScalarCases(t, []scalarCase{
		{"GB", "as AWS writes 2^30 bytes", "2GB", "2", ""},
		{"GiB", "as everybody else does", "2GiB", "2", ""},
		{"MiB", "1/1024, exactly", "1MiB", "0.0009765625", ""},
		{"decimals", "a measured state", "0.63GiB", "0.63", ""},
		{"space", "as people write", "4 GB", "4", ""},
		{"most", "the bound is included", "1048576GB", "1048576", ""},
		{"above most", "nobody means it", "1048577GB", "", "1048577GB is above 1,048,576 GB"},
		{"above most in MiB", "the bound is of the value", "1073741825MiB", "", "is above 1,048,576 GB"},
		{"zero", "there is no empty snapshot", "0GB", "", "0GB is not above zero"},
		{"below zero", "nor a negative one", "-1GB", "", "-1GB is not above zero"},
		{"no unit", "GB or MiB?", "2", "", notASize},
		{"no number", "how many?", "GB", "", notASize},
		{"MB", "10^6 bytes are not what AWS bills", "512MB", "", notASize},
		{"TB", "no MicroVM has one", "1TB", "", notASize},
		{"small letters", "gb may be gigabits", "2gb", "", notASize},
		{"exponent", "not a plain decimal", "1e3GB", "", notASize},
		{"nothing", "an empty text", "", "", notASize},
	}, func(g scalar.GB) string { return g.String() })
}

func TestMicroVMSize(t *testing.T) {
	const sizes = "is not a MicroVM size; sizes are 0.5GB, 1GB, 2GB, 4GB and 8GB"
	runScalarCases(t, []scalarCase{
		{"smallest", "half a GB", "0.5GB", "0.5GB", ""},
		{"smallest in MiB", "as the API has it", "512MiB", "0.5GB", ""},
		{"largest", "eight GB", "8192 MiB", "8GB", ""},
		{"zeros", "a decimal is a decimal", "2.00GiB", "2GB", ""},
		{"between", "sizes double", "3GB", "", "3GB " + sizes},
		{"above", "the peak is no size", "32GB", "", sizes},
		{"zero", "not a size", "0GB", "", "is not above zero"},
		{"no unit", "GB or MiB?", "4", "", notASize},
	}, func(s scalar.MicroVMSize) string { return s.String() })
}

func TestPercent(t *testing.T) {
	runScalarCases(t, []scalarCase{
		{"a quarter", "kept as a fraction", "25%", "0.25", ""},
		{"none", "the bound is included", "0%", "0", ""},
		{"all", "the bound is included", "100%", "1", ""},
		{"decimals", "exactly", "12.345%", "0.12345", ""},
		{"space", "as people write", "25 %", "0.25", ""},
		{"above", "a part is not more than the whole", "100.01%", "", "100.01% is outside 0% to 100%"},
		{"below", "nor less than nothing", "-1%", "", "-1% is outside 0% to 100%"},
		{"fraction", "0.25 or 0.25 %?", "0.25", "", `"0.25" ` + notAShare},
		{"two signs", "not a number", "25%%", "", notAShare},
		{"sign first", "not how it is written", "%25", "", notAShare},
		{"only a sign", "how many?", "%", "", notAShare},
		{"nothing", "an empty text", "", "", notAShare},
	}, func(p scalar.Percent) string { return p.Fraction.String() })
}

func TestCount(t *testing.T) {
	runScalarCases(t, []scalarCase{
		{"whole", "users", "30", "30", ""},
		{"average", "cycles a day", "2.5", "2.5", ""},
		{"zero", "no launches", "0", "0", ""},
		{"minus zero", "is zero", "-0", "0", ""},
		{"most", "the bound is included", "1000000000000", "1000000000000", ""},
		{"above most", "nobody means it", "1000000000000.1", "", "is above 1,000,000,000,000, the most that is accepted"},
		{"below zero", "there is nothing to give back", "-0.1", "", "-0.1 is below zero"},
		{"exponent", "1e9 and 1e-9 look alike", "1e9", "", `"1e9" ` + notPlain},
		{"separator", "1,000 is a thousand or one", "1,000", "", notPlain},
		{"underscore", "as in code", "1_000", "", notPlain},
		{"hexadecimal", "as in code", "0x10", "", notPlain},
		{"infinity", "YAML has one", ".inf", "", notPlain},
		{"not a number", "YAML has one", ".nan", "", notPlain},
		{
			"too many digits", "arithmetic is bounded", "1234567890123456", "",
			"is too large: at most 15 digits before the point",
		},
		{
			"too many decimals", "arithmetic is bounded", "0.123456789012345678901", "",
			"at most 15 digits before and 20 after the point",
		},
		{"nothing", "an empty text", "", "", notPlain},
	}, func(c scalar.Count) string { return c.String() })
}

func TestPrice(t *testing.T) {
	runScalarCases(t, []scalarCase{
		{"rate", "as the Price List has it", "0.0000291572", "0.0000291572", ""},
		{"dollar sign", "as people write", "$0.10", "0.1", ""},
		{"free", "a price of zero is known", "0", "0", ""},
		{"twenty decimals", "as fine as amounts are kept", "0.00000000000000000001", "0.00000000000000000001", ""},
		{"below zero", "nobody pays for being used", "$-1", "", "$-1 is below zero"},
		{"exponent", "as programs print small rates", "2.9e-05", "", notPlain},
		{"euro", "rates are in dollars", "€1", "", notPlain},
		{"currency", "rates are in dollars anyway", "1 USD", "", notPlain},
		{"only a sign", "how much?", "$", "", notPlain},
		{"two signs", "not a number", "$$1", "", notPlain},
	}, func(p scalar.Price) string { return p.String() })
}

func TestDate(t *testing.T) {
	const notADate = "is not a date such as 2026-09-19"
	runScalarCases(t, []scalarCase{
		{"day", "the precision of sources", "2026-09-19", "2026-09-19", ""},
		{"leap day", "2028 has one", "2028-02-29", "2028-02-29", ""},
		{"no leap day", "2026 has none", "2026-02-29", "", notADate},
		{"with time", "a day is enough", "2026-09-19T00:00:00Z", "", notADate},
		{"American", "month or day first?", "09/19/2026", "", notADate},
		{"nothing", "an empty text", "", "", notADate},
	}, func(d scalar.Date) string { return d.String() })
}

func TestPrinted(t *testing.T) {
	runScalarCases(t, []scalarCase{
		{"exact", "to the cent", "16.79", "16.79 16.79 false", ""},
		{"zeros count", "16.40 is more precise than 16.4", "16.40", "16.40 16.40 false", ""},
		{"about", "as the post writes totals", "~22", "22 22 true", ""},
		{"range", "as the post writes rules of thumb", "5..7", "5 7 false", ""},
		{"range of one", "ends are included", "5..5", "5 5 false", ""},
		{"negative range", "a saving may be a loss", "-5..-1.5", "-5 -1.5 false", ""},
		{"backwards", "nothing lies in it", "7..5", "", "7..5 ends below its start"},
		{"about a range", "either is vague enough", "~5..7", "", "is not a printed figure such as 16.79, ~22 or 5..7"},
		{"open range", "up to where?", "5..", "", "is not a printed figure"},
		{"three points", "an ellipsis is no range", "5...7", "", "is not a printed figure"},
		{"dollars", "figures are bare", "$22", "", "is not a printed figure"},
		{"null", "YAML's other null", "~", "", "is not a printed figure"},
		{"nothing", "an empty text", "", "", "is not a printed figure"},
	}, func(p Printed) string {
		text := p.Low.StringFixed(-p.Low.Exponent()) + " " + p.High.StringFixed(-p.High.Exponent())
		if p.About {
			return text + " true"
		}
		return text + " false"
	})
}
