package ledger

import (
	"time"

	"microspend/pricing"
	"microspend/usage"
)

// row is one row of a Parquet file. Its tags are the file's schema; the whole numbers' encodings are chosen for each file
// anew (see encodingsFor).
type row struct {
	PeriodStart        int64  `parquet:"period_start,timestamp(millisecond),delta"`
	PeriodSeconds      int64  `parquet:"period_seconds,dict"`
	Region             string `parquet:"region,dict"`
	Account            string `parquet:"account,dict"`
	MicroVMID          string `parquet:"microvm_id,dict"`
	Image              string `parquet:"image,dict"`
	Tenant             string `parquet:"tenant,dict"`
	Role               string `parquet:"role,dict"`
	Source             string `parquet:"source,dict"`
	VCPUMillis         int64  `parquet:"vcpu_ms,delta"`
	MemMiBMillis       int64  `parquet:"mem_mib_ms,delta"`
	ReadBytes          int64  `parquet:"read_bytes,delta"`
	WriteBytes         int64  `parquet:"write_bytes,delta"`
	StorageByteSeconds int64  `parquet:"storage_byte_seconds,delta"`
	RunningMS          int64  `parquet:"running_ms,delta"`
	SuspendedMS        int64  `parquet:"suspended_ms,delta"`
	Launches           int64  `parquet:"launches,delta"`
	Suspends           int64  `parquet:"suspends,delta"`
	Resumes            int64  `parquet:"resumes,delta"`
	Coverage           string `parquet:"coverage,dict"`
}

// column is the place of a column in the file.
type column int

const (
	columnPeriodStart column = iota
	columnPeriodSeconds
	columnRegion
	columnAccount
	columnMicroVM
	columnImage
	columnTenant
	columnRole
	columnSource
	columnVCPUMillis
	columnMemMiBMillis
	columnReadBytes
	columnWriteBytes
	columnStorageByteSeconds
	columnRunningMS
	columnSuspendedMS
	columnLaunches
	columnSuspends
	columnResumes
	columnCoverage
	columnCount
)

var columnNames = [columnCount]string{
	"period_start", "period_seconds", "region", "account", "microvm_id", "image", "tenant", "role", "source", "vcpu_ms",
	"mem_mib_ms", "read_bytes", "write_bytes", "storage_byte_seconds", "running_ms", "suspended_ms", "launches", "suspends",
	"resumes", "coverage",
}

// amounts are the columns that are summed, beside period_seconds.
const (
	firstAmount = columnVCPUMillis
	lastAmount  = columnResumes
	amountCount = usage.MeasureCount
)

// amounts gives a row's summed columns.
func (r *row) amounts() usage.Amounts {
	return usage.Amounts{
		r.VCPUMillis, r.MemMiBMillis, r.ReadBytes, r.WriteBytes, r.StorageByteSeconds, r.RunningMS, r.SuspendedMS, r.Launches,
		r.Suspends, r.Resumes,
	}
}

// names gives pointers to a record's names in the file's order.
func namesOf(r *usage.Record) [nameCount]*string {
	return [...]*string{&r.Region, &r.Account, &r.MicroVMID, &r.Image, &r.Tenant, &r.Role, &r.Source}
}

const (
	firstName = columnRegion
	nameCount = int(columnSource-columnRegion) + 1
)

func (r *row) set(from *usage.Record) {
	*r = row{
		PeriodStart: from.PeriodStart.UnixMilli(), PeriodSeconds: from.PeriodSeconds,
		Region: from.Region, Account: from.Account, MicroVMID: from.MicroVMID, Image: from.Image, Tenant: from.Tenant,
		Role: from.Role, Source: from.Source,
		VCPUMillis: from.Amounts[pricing.VCPU], MemMiBMillis: from.Amounts[pricing.Memory],
		ReadBytes: from.Amounts[pricing.SnapshotRead], WriteBytes: from.Amounts[pricing.SnapshotWrite],
		StorageByteSeconds: from.Amounts[pricing.SnapshotStorage],
		RunningMS:          from.Amounts[usage.Running], SuspendedMS: from.Amounts[usage.Suspended],
		Launches: from.Amounts[usage.Launches], Suspends: from.Amounts[usage.Suspends], Resumes: from.Amounts[usage.Resumes],
		Coverage: from.Coverage.String(),
	}
}

// secondStart is a period's start in the one form that can be compared with ==.
func secondStart(unix int64) time.Time { return time.Unix(unix, 0).UTC() }
