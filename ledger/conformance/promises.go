package conformance

import "strconv"

// promises are what is tested, in the order of docs/ledger.md. Sentences are quoted without bold text and code.
func promises() []promise {
	return []promise{
		{"one record per key", "A later one takes the place of an earlier one.", oneRecordPerKey},
		{
			"the same again changes nothing",
			"Importing the same rows twice changes nothing; late rows heal their day.",
			again,
		},
		{
			"only what says so removes a record",
			"Nothing else removes a record, but for two imports that say so",
			withdrawals,
		},
		{"overlaps", "A MicroVM runs once at a time", overlaps},
		{"what was collected is guarded", "would replace what was collected by other values", collected},
		{"replacing is decided about", "A later one takes the place of an earlier one.", replacing},
		{"order and pieces", "in whatever order and in however many pieces they came", orderAndPieces},

		{
			"readers see whole days",
			"A day changes at once or not at all, for microspend also while another process writes",
			wholeDays,
		},
		{
			"killed at every step",
			"The next writer completes what a dead one had decided and clears away what it had not.",
			killedAtSteps,
		},
		{"killed at any moment", "after a kill or a power cut at any moment", killedAtAnyMoment},
		{
			"an import that fails",
			"An import that fails before its first day is switched, on a full disk for example, changes nothing.",
			failing,
		},
		{"writers", "Writers lose nothing of each other's.", writers},
		{
			"damage is named",
			"What fails is named beside the figures, left out, and does not keep the rest from being read.",
			damage,
		},

		{"sums are exact", "Sums are exact, however large they become", exactSums},
		{"every question", "Every question is answered from the records alone", questions},
		{"records in order", "ordered by day, resource and start", recordsInOrder},
		{"days in other zones", "It counts on the day with its date in every time zone", otherZones},
		{"parts of periods", "so that the days add up to the record exactly", partsOfPeriods},
		{"names", "Names are kept byte for byte, and never become paths or statements", names},
		{"records that cannot be", "A record that cannot be is refused, with all of its import", impossible},
		{"empty", "A ledger that nothing was written to is empty, which is no error", empty},
		{"huge", "An import may be larger than memory", huge},
		{"extent", "How far usage reaches is where its first and its last period begin", extent},
		{"fingerprint", "The fingerprint changes when usage does, and only then.", fingerprint},
		{"info", "The sums of days tell what the days have", info},
		{
			"questions that cannot be answered",
			"A question that cannot be answered is an error, and so is one that was cancelled",
			unanswerable,
		},

		{"documents", "Documents are kept with usage, and are read whole", documents},
		{"documents of several writers", "what several writers change at once loses no change", swaps},
		{
			"snapshots",
			"A closed month keeps the usage that it was closed with, whatever becomes of its days",
			snapshots,
		},
		{"names of documents", "no document's name leads out of its ledger", documentNames},
		{"audit", "No writer can change a day without one", audited},
	}
}

func figure(n int) string { return strconv.Itoa(n) }
