package bill_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/spend/bill"
)

// focusRow is a row of a FOCUS export by the names of its columns.
type focusRow map[string]string

// focusFile writes rows with the columns that are given.
func focusFile(columns string, rows ...focusRow) []byte {
	names := strings.Split(columns, ",")
	text := columns + "\n"
	for _, row := range rows {
		cells := make([]string, len(names))
		for i, name := range names {
			cells[i] = row[name]
		}
		text += strings.Join(cells, ",") + "\n"
	}
	return []byte(text)
}

// aws12 are columns of AWS's FOCUS 1.2 export, which has no x_UsageType.
const aws12 = "BilledCost,BillingAccountId,BillingCurrency,BillingPeriodEnd,BillingPeriodStart,ChargeCategory,ChargeClass," +
	"ChargeDescription,ChargePeriodEnd,ChargePeriodStart,ConsumedQuantity,ConsumedUnit,PricingQuantity,PricingUnit,RegionId," +
	"ServiceName,SkuId,SkuMeter,SkuPriceId,SubAccountId,Tags,x_Operation,x_ServiceCode"

// focus is a row of usage of 15 September, with changes.
func focus(meter, used, unit, cost string, changes ...string) focusRow {
	row := focusRow{
		"BilledCost": cost, "BillingAccountId": "111111111111", "BillingCurrency": "USD",
		"BillingPeriodStart": "2026-09-01T00:00:00Z", "BillingPeriodEnd": "2026-10-01T00:00:00Z", "ChargeCategory": "Usage",
		"ChargePeriodStart": "2026-09-15T00:00:00Z", "ChargePeriodEnd": "2026-09-16T00:00:00Z",
		"ConsumedQuantity": used, "ConsumedUnit": unit, "RegionId": "us-east-1", "ServiceName": "AWS Lambda",
		"SkuMeter": meter, "x_ServiceCode": "AWSLambda", "SubAccountId": "222222222222",
	}
	for i := 0; i < len(changes); i += 2 {
		row[changes[i]] = changes[i+1]
	}
	return row
}

// TestFOCUS12 has the quantities and amounts of a published day, 2026-09-15, in us-east-1, and two rows of eu-west-1:
// 7,200 × 0.0000291572 and 14,400 × 0.0000038603.
func TestFOCUS12(t *testing.T) {
	rows := []focusRow{
		focus("Lambda-MicroVM-Memory-GB-Second-ARM", "6177.505", "GB-Seconds", "0.0226510576"),
		focus("Lambda-MicroVM-vCPU-Second-ARM", "3262.989", "vCPU-Seconds", "0.0903665226"),
		focus("Lambda-MicroVM-Snapshot-Read-GB", "113.4888228372", "GB", "0.1755410952"),
		focus("Lambda-MicroVM-Snapshot-Write-GB", "2.5403251648", "GB", "0.009647428"),
		focus("Lambda-MicroVM-Snapshot-Storage-GB-Hour", "115.8452027849", "GB-Hours", "0.0128716879"),
		focus("EU-Lambda-MicroVM-vCPU-Second-ARM", "7200", "vCPU-Seconds", "0.20993184", "RegionId", "eu-west-1"),
		focus("EU-Lambda-MicroVM-Memory-GB-Second-ARM", "14400", "GB-Seconds", "0.05558832", "RegionId", "eu-west-1"),
		focus("Lambda-MicroVM-vCPU-Second", "1000", "vCPU-Seconds", "0.0326557"),
		focus("Lambda-GB-Second-ARM", "500", "Lambda-GB-Second", "0.0066667"),
		focus("", "", "", "0.07", "ChargeCategory", "Tax", "ChargeDescription", "Tax for product code AWSLambda"),
		focus("", "", "", "-0.05", "ChargeCategory", "Credit", "ChargeDescription", "Promotional credit"),
	}
	for name, columns := range map[string]string{
		"as AWS writes it": aws12, "lower case": strings.ToLower(aws12),
		"snake case": strings.ReplaceAll(aws12, "ServiceCode", "service_code"),
		"upper case": strings.ToUpper(aws12),
	} {
		text := string(focusFile(aws12, rows...))
		_, body, _ := strings.Cut(text, "\n")
		made, err := read([]byte(columns + "\n" + body))
		require.NoError(t, err, name)
		require.Equal(t, bill.FOCUS, made.Format, name)
		require.Equal(t, "0.6092536513", made.Total().String(), "%s: the sum of the eight rows of MicroVMs", name)
		require.Equal(t, []string{
			"credit Credit of AWS Lambda as a whole -0.05", "tax Tax of AWS Lambda as a whole 0.07",
		}, apart(made), name)
		require.Equal(t, 1, made.Ignored, "%s: of a function", name)
		require.Contains(t, lines(made), "2026-09-15 us-east-1 vcpu.x86_64 1000 0.0326557", name)
	}
}

// A row without SkuMeter is told by its price, if that of other rows is the same, or by its description.
func TestFOCUSWithoutMeter(t *testing.T) {
	vcpu := focus("Lambda-MicroVM-vCPU-Second-ARM", "100", "vCPU-Seconds", "1", "SkuPriceId", "A.B.C", "SkuId", "A")
	for _, tc := range []struct {
		name, reason string
		row          focusRow
		lines, apart []string
		ignored      int
	}{
		{
			"the price", "the same SkuPriceId as the row above",
			focus("", "7", "vCPU-Seconds", "2", "SkuPriceId", "A.B.C"),
			[]string{"2026-09-15 us-east-1 vcpu 107 3"},
			nil, 0,
		},
		{
			"the SKU", "another term of the same SKU", focus("", "7", "vCPU-Seconds", "2", "SkuPriceId", "A.X.Y", "SkuId", "A"),
			[]string{"2026-09-15 us-east-1 vcpu 107 3"},
			nil, 0,
		},
		{
			"a usage type in the description", "AWS names it",
			focus("", "7", "GB", "2", "ChargeDescription", "EU-Lambda-MicroVM-Snapshot-Write-GB", "RegionId", "eu-west-1"),
			[]string{"2026-09-15 eu-west-1 snapshot.write 7 2", "2026-09-15 us-east-1 vcpu 100 1"},
			nil, 0,
		},
		{
			"words", "what it is, on which architecture",
			focus("", "7", "GB-Seconds", "2", "ChargeDescription", "$0.0000036667 per GB-second of MicroVM memory (ARM)"),
			[]string{"2026-09-15 us-east-1 vcpu 100 1", "2026-09-15 us-east-1 memory 7 2"},
			nil, 0,
		},
		{
			"x86 in words", "never taken for ARM",
			focus("", "7", "vCPU-Seconds", "2", "ChargeDescription", "MicroVM vCPU seconds (x86)"),
			[]string{"2026-09-15 us-east-1 vcpu 100 1", "2026-09-15 us-east-1 vcpu.x86_64 7 2"},
			nil, 0,
		},
		{
			"a function in words", "nothing of a MicroVM",
			focus("", "7", "Lambda-GB-Second", "2", "ChargeDescription", "AWS Lambda - Total Compute"),
			[]string{"2026-09-15 us-east-1 vcpu 100 1"},
			nil, 1,
		},
		{
			"both architectures in words", "it could be either",
			focus("", "7", "vCPU-Seconds", "2", "ChargeDescription", "MicroVM vCPU seconds (ARM or x86)"),
			[]string{"2026-09-15 us-east-1 vcpu 100 1"},
			[]string{"undecided MicroVM vCPU seconds (ARM or x86) 2"},
			0,
		},
		{
			"an architecture within a word", "a farm is no ARM",
			focus("", "7", "vCPU-Seconds", "2", "ChargeDescription", "MicroVM vCPU seconds of a farm"),
			[]string{"2026-09-15 us-east-1 vcpu 100 1"},
			[]string{"undecided MicroVM vCPU seconds of a farm 2"},
			0,
		},
		{
			"no architecture", "it could be either",
			focus("", "7", "vCPU-Seconds", "2", "ChargeDescription", "MicroVM vCPU seconds"),
			[]string{"2026-09-15 us-east-1 vcpu 100 1"},
			[]string{"undecided MicroVM vCPU seconds 2"},
			0,
		},
		{
			"nothing", "it could be anything of Lambda", focus("", "7", "GB", "2", "SkuPriceId", "Q.R.S"),
			[]string{"2026-09-15 us-east-1 vcpu 100 1"},
			[]string{"undecided Q.R.S 2"},
			0,
		},
		{
			"another service", "no concern of ours",
			focus("", "7", "GB", "2", "x_ServiceCode", "AmazonS3", "ServiceName", "Amazon Simple Storage Service"),
			[]string{"2026-09-15 us-east-1 vcpu 100 1"},
			nil, 1,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, rows := range [][]focusRow{{vcpu, tc.row}, {tc.row, vcpu}} { // whatever comes first
				made, err := read(focusFile(aws12, rows...))
				require.NoError(t, err, tc.reason)
				require.Equal(t, tc.lines, lines(made), tc.reason)
				require.Equal(t, append([]string{}, tc.apart...), apart(made), tc.reason)
				require.Equal(t, tc.ignored, made.Ignored, tc.reason)
			}
		})
	}
	nameless := strings.NewReplacer("ServiceName,", "", ",x_ServiceCode", "").Replace(aws12)
	made, err := read(focusFile(nameless, vcpu, focus("", "7", "GB", "2"),
		focus("", "7", "GB", "2", "ChargeDescription", "Storage of S3")))
	require.NoError(t, err)
	require.Equal(t, []string{"undecided AWS Lambda 2"}, apart(made), "without a column of services it could be Lambda's")
	made, err = read(focusFile(aws12, vcpu, focus("", "7", "GB", "2")))
	require.NoError(t, err)
	require.Equal(t, "line 3", made.Apart[0].Place, "the row is named")
}

func TestFOCUSVersions(t *testing.T) {
	old := strings.Replace(aws12, "SkuMeter", "x_UsageType", 1)
	row := focus("", "100", "vCPU-Seconds", "1", "x_UsageType", "Lambda-MicroVM-vCPU-Second-ARM")
	for _, tc := range []struct {
		name, columns string
		row           focusRow
	}{
		{"1.0 with AWS's columns", old, row},
		{"1.3, without ProviderName and with a host", aws12 + ",HostProviderName,ServiceProviderName,ContractApplied", focus(
			"Lambda-MicroVM-vCPU-Second-ARM", "100", "vCPU-Seconds", "1", "ServiceProviderName", "AWS")},
		{"NULL for what is missing", aws12, focus("Lambda-MicroVM-vCPU-Second-ARM", "100", "vCPU-Seconds", "1", "ChargeClass",
			"NULL", "Tags", "NULL", "ChargePeriodStart", "2026-09-15 00:00:00", "ChargePeriodEnd", "2026-09-16 00:00:00")},
		{"PricingQuantity alone", aws12, focus("Lambda-MicroVM-vCPU-Second-ARM", "", "", "1", "PricingQuantity", "100",
			"PricingUnit", "vCPU-Seconds")},
	} {
		made, err := read(focusFile(tc.columns, tc.row))
		require.NoError(t, err, tc.name)
		require.Equal(t, []string{"2026-09-15 us-east-1 vcpu 100 1"}, lines(made), tc.name)
	}
}

// Rows that differ only in columns that are not read, as in tags or operations, are two rows; the same in every column
// are one that was written twice.
func TestAlikeIsNotTwice(t *testing.T) {
	row := func(operation string) focusRow {
		return focus("Lambda-MicroVM-vCPU-Second-ARM", "100", "vCPU-Seconds", "1", "x_Operation", operation)
	}
	made, err := read(focusFile(aws12, row("Run"), row("Resume")))
	require.NoError(t, err)
	require.Equal(t, []string{"2026-09-15 us-east-1 vcpu 200 2"}, lines(made))
	_, err = read(focusFile(aws12, row("Run"), row("Resume"), row("Run")))
	require.EqualError(t, err,
		"line 4: it is the same row as at line 2, and would be counted twice; remove one of them")
}
