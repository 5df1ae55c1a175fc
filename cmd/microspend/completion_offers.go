package main

import (
	"bufio"
	"os"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"microspend/collector/meter"
	"microspend/collector/sources"
	"microspend/collector/watch"
	"microspend/fleet"
	"microspend/internal/emf"
	"microspend/pricing"
	"microspend/pricing/pricelist"
	"microspend/scenarios"
	"microspend/spend"
	"microspend/tui"
)

var (
	folder       = offer{folder: true}
	anyFile      = offer{any: true}
	yamlFile     = offer{files: []string{"yaml", "yml"}}
	tableFile    = offer{files: []string{"csv", "csv.gz", "tsv", "txt"}}
	usageFile    = offer{files: []string{"csv", "csv.gz", "tsv", "txt", "parquet"}}
	billFile     = offer{files: []string{"csv", "csv.gz", "parquet", "json"}}
	jsonFile     = offer{files: []string{"json"}}
	regions      = offer{words: line.regions}
	workloadFile = yamlFile
	advice       = offer{words: line.advised, within: adviceTime}
)

// flagOffers are what flags can be given, by their names, or by a command and the name where the command means
// something else by it than others. A test names the flags that are free text.
func flagOffers() map[string]offer {
	offers := map[string]offer{
		"arch": namesOf(pricing.Archs()), "region": regions, "rate": namesOf(pricing.RateKeys()).followed("="),
		"currency": {words: currencies, more: true}, "tz": {words: timeZones}, "memory": {words: sizes},
		"compare regions": {words: func(l line) []string { return append([]string{"all"}, l.regions()...) }, list: true},
		"sweep vary":      offer{words: line.inputs}.followed("="),
		"service":         words(pricelist.ServiceNames()...), "source": words(sources.Names()...),
		"spend sort": words(spend.SortNames()...), "basis": words(spend.BasisNames()...),
		"by": words(spend.DimensionNames()...).asList(), "idle by": words("image", "tenant"),
		"kind":     words(kindWords()...).asList(),
		"view":     words(tui.Views()...),
		"top sort": {words: topColumnNames}, "filter": {words: topFilters, more: true},
		"metrics": words(emf.MetricSetNames()...), "payload": namesOf([]meter.PayloadForm{meter.PayloadAuto, meter.PayloadJSON, meter.PayloadText, meter.PayloadNone}),
		"measure": namesOf([]meter.Measure{meter.MeasureAuto, meter.MeasureGuest, meter.MeasureCgroup}), "start": namesOf([]meter.Start{meter.StartAtRun, meter.StartAtJump, meter.StartNow}),

		"period": {words: line.periods}, "from": {words: line.firstDays}, "to": {words: line.firstDays},
		"since": {words: line.firstDays}, "until": {words: line.firstDays}, "before": {words: line.firstDays},
		"billing-account": {words: namesIn(spend.ByAccount)}, "microvm-id": {words: namesIn(spend.ByMicroVM)},
		"action": {words: line.actions}, "explain": advice,

		"config": yamlFile, "ledger": folder, "rates-dir": folder, "per-tenant": folder, "symlink-manifests": folder,
		"output": anyFile, "demo output": folder, "key-file": anyFile, "token-file": anyFile, "hook-secret-file": anyFile,
		"gaps": tableFile, "requests": tableFile, "trace": tableFile, "against": workloadFile, "meter rates": yamlFile,
		"rates update from": folder,
	}
	for _, d := range spend.NamedDimensions() {
		if _, closed := offers[d.String()]; !closed {
			offers[d.String()] = offer{words: namesIn(d)}
		}
	}
	return offers
}

// argumentOffers are what commands can be given as arguments.
func argumentOffers() map[string]offer {
	return map[string]offer{
		"estimate": workloadFile, "compare": workloadFile, "breakeven": workloadFile, "sweep": workloadFile,
		"sensitivity": workloadFile, "diff": workloadFile, "config check": yamlFile,
		"import": usageFile, "reconcile": billFile, "rates check": jsonFile, "rates import": jsonFile,
		"rates show": regions, "examples show": {words: exampleNames}, "examples check": {words: exampleNames},
		"init": {words: exampleNames}, "ledger move": folder, "meter": anyFile,
		"spend close": {words: line.openMonths}, "top": {words: topFilters, more: true},
		"advise dismiss": advice, "advise restore": {words: line.dismissed},
		"collect gaps accept": {words: line.gaps}, "tenant-proof": {words: namesIn(spend.ByTenant)},
	}
}

func (l line) regions() []string {
	market, err := l.market()
	if err != nil {
		return nil
	}
	return market.Cards.Regions()
}

func exampleNames(line) (names []string) {
	examples, _ := scenarios.Examples()
	for _, example := range examples {
		names = append(names, example.Name)
	}
	return names
}

func sizes(line) (names []string) {
	for _, size := range pricing.Sizes() {
		names = append(names, size.String())
	}
	return names
}

// currencies are USD, which stands alone, and the beginnings of all others.
func currencies(line) []string {
	names := []string{"USD"}
	for _, code := range pricing.CurrencyCodes() {
		names = append(names, code+"=")
	}
	return names
}

// zoneTable lists the time zones that people live in, the name in the third column.
const zoneTable = "/usr/share/zoneinfo/zone1970.tab"

func timeZones(line) []string {
	names := []string{"UTC"}
	file, err := os.Open(zoneTable)
	if err != nil {
		return names
	}
	defer file.Close()
	for rows := bufio.NewScanner(file); rows.Scan(); {
		if columns := strings.Split(rows.Text(), "\t"); len(columns) > 2 && !strings.HasPrefix(columns[0], "#") {
			names = append(names, columns[2])
		}
	}
	slices.Sort(names[1:])
	return names
}

func topColumnNames(line) []string { return topNames(topTable(&fleet.Snapshot{}, nil)) }

// topFilters are the beginnings of the terms of a filter, and the states.
func topFilters(l line) (terms []string) {
	for _, column := range topColumnNames(l) {
		terms = append(terms, column+"=")
	}
	for _, state := range watch.States() {
		terms = append(terms, "state="+strings.ToLower(string(state)))
	}
	return terms
}

// inputs are the figures of the workload that a command line names, which are what can be varied.
func (l line) inputs() (paths []string) {
	if len(l.args) == 0 || l.args[0] == "-" {
		return nil
	}
	market, estimates, err := l.estimate(l.args[0])
	if err != nil {
		return nil
	}
	found, err := market.Sensitivity(estimates[0], decimal.New(1, -1))
	if err != nil {
		return nil
	}
	for _, influence := range found.Inputs {
		if strings.Contains(influence.Input, ".") {
			paths = append(paths, influence.Input)
		}
	}
	return append(paths, "region")
}
