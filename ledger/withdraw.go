package ledger

import (
	"strings"

	"microspend/usage"
)

// withdrawn begins the source of a mark that [Withdraw] makes. No record has such a source, and a mark sorts before the
// records of its resource and start.
const withdrawn = "\x00"

// Withdraw makes a mark which says that an import knows all that the record's source has to say about its resource, in
// the region and account, from the record's start on and for some seconds of that UTC day: what the ledger has of it
// from before, and the import does not give, is removed. It is given to [Store.Upsert] like a record, counts as none,
// and is never kept.
//
// It is for sources that learn later how a period ended. That a MicroVM was terminated at 23:50 means that the record
// of the next day, which was written while nothing was known of its end, must go.
func Withdraw(r usage.Record, seconds int64) usage.Record {
	return usage.Record{
		PeriodStart: r.PeriodStart, PeriodSeconds: seconds, Region: r.Region, Account: r.Account, Resource: r.Resource,
		Source: withdrawn + r.Source,
	}
}

// IsWithdrawal reports whether a record is such a mark.
func IsWithdrawal(r *usage.Record) bool { return strings.HasPrefix(r.Source, withdrawn) }

// Withdraws reports whether a mark is about a record.
func Withdraws(mark, r *usage.Record) bool {
	return mark.Resource == r.Resource && mark.Region == r.Region && mark.Account == r.Account &&
		len(mark.Source) > 0 && mark.Source[len(withdrawn):] == r.Source && r.PeriodStart.Unix() < mark.PeriodStart.Unix()+mark.PeriodSeconds
}
