// Package fakepricelist makes files of the shape of AWS's bulk Price List, for tests.
package fakepricelist

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// List is a Price List: products by offer and region.
type List struct {
	Version, Published string // of all offer files
	Offers             map[string]map[string][]Product
	Savings            map[string][]string // usage types that a Compute Savings Plan covers, by region; nil for no such files
	Versions           []Version           // of AWSLambda, oldest first; those before the current one
}

// Version is an earlier version of AWSLambda's offer.
type Version struct {
	Name, From, Published string
	Products              map[string][]Product // by region
}

// Product is one product with its price on demand.
type Product struct {
	SKU, Family string
	Attributes  map[string]string
	Effective   string
	Currency    string // USD if empty
	Tiers       []Tier
}

// Tier is a price for usage from one amount up to another.
type Tier struct{ Begin, End, Unit, Price string }

// Flat is the price of any amount.
func Flat(unit, price string) []Tier { return []Tier{{"0", "Inf", unit, price}} }

const effective = "2026-11-01T00:00:00Z"

func prefixes() map[string]string {
	return map[string]string{
		"us-east-1": "",
		"us-east-2": "USE2-",
		"us-west-2": "USW2-",
		"eu-west-1": "EU-",
		"eu-west-3": "EUW3-",
	}
}

// Standard is a list of 20 November 2026 with the rates of us-east-1 in each of some regions.
func Standard(regions ...string) *List {
	list := &List{
		Version: "20261120010101", Published: "2026-11-20T01:01:01Z", Offers: map[string]map[string][]Product{},
	}
	for _, region := range regions {
		prefix := prefixes()[region]
		always := prefix
		if always == "" {
			always = "USE1-"
		}
		for offer, products := range map[string][]Product{
			"AWSLambda":        append(MicroVMs(region), functions(prefix)...),
			"AmazonECS":        fargate(always),
			"AmazonEC2":        append(instances(prefix), volume(prefix)),
			"AmazonVPC":        {{SKU: "IPV4", Attributes: usage(always, "PublicIPv4:InUseAddress"), Tiers: Flat("Hrs", "0.0050000000")}},
			"AmazonLightsail":  bundles(always),
			"AmazonCloudWatch": cloudWatch(prefix, always),
		} {
			list.Set(offer, region, products)
		}
	}
	return list
}

// Set gives an offer's products in a region.
func (l *List) Set(offer, region string, products []Product) {
	if l.Offers[offer] == nil {
		l.Offers[offer] = map[string][]Product{}
	}
	l.Offers[offer][region] = products
}

// Product finds a product by its SKU, to change it.
func (l *List) Product(offer, region, sku string) *Product {
	products := l.Offers[offer][region]
	for i := range products {
		if products[i].SKU == sku {
			return &products[i]
		}
	}
	panic("no product " + sku)
}

func usage(prefix, name string) map[string]string {
	return map[string]string{"usagetype": prefix + name}
}

// MicroVMs are the seven products of MicroVMs in a region: VCPU, MEMORY, READ, WRITE, STORED, VCPUX86 and MEMORYX86.
func MicroVMs(region string) []Product {
	var products []Product
	for _, p := range [][4]string{
		{"VCPU", "vCPU-Second-ARM", "vCPU-Seconds", "0.0000276944"},
		{"MEMORY", "Memory-GB-Second-ARM", "GB-Seconds", "0.0000036667"},
		{"READ", "Snapshot-Read-GB", "GB", "0.0015467699"},
		{"WRITE", "Snapshot-Write-GB", "GB", "0.0037977138"},
		{"STORED", "Snapshot-Storage-GB-Hour", "GB-Hours", "0.0001111111"},
		{"VCPUX86", "vCPU-Second", "vCPU-Seconds", "0.0000326557"},
		{"MEMORYX86", "Memory-GB-Second", "GB-Seconds", "0.0000043235"},
	} {
		name := "Lambda-MicroVM-" + p[1]
		products = append(products, Product{
			SKU: p[0], Family: "Serverless", Tiers: Flat(p[2], p[3]),
			Attributes: map[string]string{"group": "AWS-" + name, "usagetype": prefixes()[region] + name},
		})
	}
	return products
}

func functions(prefix string) []Product {
	group := func(name, usageType string) map[string]string {
		return map[string]string{"group": name, "usagetype": prefix + usageType}
	}
	const unit = "Lambda-GB-Second"
	return []Product{
		{
			SKU:        "GBSARM",
			Family:     "Serverless",
			Attributes: group("AWS-Lambda-Duration-ARM", "Lambda-GB-Second-ARM"),
			Tiers: []Tier{
				{"0", "7500000000", unit, "0.0000133334"},
				{"7500000000", "18750000000", unit, "0.0000120001"},
				{"18750000000", "Inf", unit, "0.0000106667"},
			},
		},
		{SKU: "GBSX86", Family: "Serverless", Attributes: group("AWS-Lambda-Duration", "Lambda-GB-Second"), Tiers: []Tier{
			{"0", "6000000000", unit, "0.0000166667"},
			{"6000000000", "15000000000", unit, "0.0000150000"},
			{"15000000000", "Inf", unit, "0.0000133334"},
		}},
		{
			SKU:        "REQUEST",
			Family:     "Serverless",
			Attributes: group("AWS-Lambda-Requests", "Request"),
			Tiers:      Flat("Requests", "0.0000002000"),
		},
		{
			SKU:        "EDGE",
			Family:     "Serverless",
			Attributes: group("AWS-Lambda-Edge-Requests", "Lambda-Edge-Request"),
			Tiers:      Flat("Requests", "0.0000006000"),
		},
	}
}

func fargate(prefix string) []Product {
	var products []Product
	for _, p := range [][3]string{
		{"FVCPUARM", "Fargate-ARM-vCPU-Hours:perCPU", "0.0323800000"},
		{"FGBARM", "Fargate-ARM-GB-Hours", "0.0035600000"},
		{"FVCPU", "Fargate-vCPU-Hours:perCPU", "0.0404800000"},
		{"FGB", "Fargate-GB-Hours", "0.0044450000"},
		{"FDISK", "Fargate-EphemeralStorage-GB-Hours", "0.0001110000"},
		{"FWIN", "Fargate-Windows-vCPU-Hours:perCPU", "0.0914800000"},
	} {
		products = append(
			products,
			Product{SKU: p[0], Family: "Compute", Attributes: usage(prefix, p[1]), Tiers: Flat("hours", p[2])},
		)
	}
	return products
}

func instances(prefix string) []Product {
	var products []Product
	for _, p := range [][4]string{
		{"t4g.medium", "2", "4 GiB", "0.0336000000"},
		{"t4g.large", "2", "8 GiB", "0.0672000000"},
		{"m7g.large", "2", "8 GiB", "0.0816000000"},
		{"m8g.large", "2", "8 GiB", "0.0897600000"},
		{"m7i-flex.large", "2", "8 GiB", "0.0957600000"},
		{"t3.medium", "2", "4 GiB", "0.0416000000"},
		{"p5.48xlarge", "192", "2,048 GiB", "98.3200000000"},
	} {
		sku := strings.ToUpper(strings.NewReplacer(".", "", "-", "").Replace(p[0]))
		linux := map[string]string{
			"operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA", "licenseModel": "No License required",
			"capacitystatus": "Used", "marketoption": "OnDemand", "instanceType": p[0], "vcpu": p[1], "memory": p[2],
			"currentGeneration": "Yes", "usagetype": prefix + "BoxUsage:" + p[0], "operation": "RunInstances",
		}
		products = append(
			products,
			Product{SKU: sku, Family: "Compute Instance", Attributes: linux, Tiers: Flat("Hrs", p[3])},
		)
		for attribute, other := range map[string]string{
			"operatingSystem": "Windows", "tenancy": "Dedicated", "capacitystatus": "AllocatedCapacityReservation",
		} {
			unlike := maps.Clone(linux)
			unlike[attribute] = other
			products = append(products, Product{
				SKU: sku + strings.ToUpper(
					other,
				), Family: "Compute Instance", Attributes: unlike, Tiers: Flat("Hrs", "0.0000000000"),
			})
		}
	}
	return products
}

func volume(prefix string) Product {
	return Product{
		SKU: "GP3", Family: "Storage", Tiers: Flat("GB-Mo", "0.0800000000"),
		Attributes: map[string]string{"volumeApiName": "gp3", "usagetype": prefix + "EBS:VolumeUsage.gp3"},
	}
}

func bundles(prefix string) []Product {
	var products []Product
	for _, p := range [][2]string{
		{"0.5GB", "0.0067204301"},
		{"1GB", "0.0094086020"},
		{"2GB", "0.0161290323"},
		{"4GB", "0.0322580645"},
		{"8GB", "0.0591397849"},
		{"2GB_win", "0.0295698925"},
	} {
		products = append(products, Product{
			SKU: "BUNDLE" + strings.ToUpper(strings.NewReplacer(".", "", "_", "").Replace(p[0])), Family: "Lightsail Instance",
			Attributes: usage(prefix, "BundleUsage:"+p[0]), Tiers: Flat("Hrs", p[1]),
		})
	}
	return products
}

func cloudWatch(prefix, always string) []Product {
	return []Product{
		{SKU: "METRIC", Family: "Metric", Attributes: usage(prefix, "CW:MetricMonitorUsage"), Tiers: []Tier{
			{"0", "10000", "Metrics", "0.3000000000"}, {"10000", "Inf", "Metrics", "0.1000000000"},
		}},
		{SKU: "GMD", Family: "Metric", Attributes: usage(prefix, "CW:GMD-Metrics"), Tiers: Flat("Metrics", "0.0000100000")},
		{
			SKU:        "CALLS",
			Family:     "API Request",
			Attributes: usage(prefix, "CW:Requests"),
			Tiers:      Flat("Requests", "0.0000100000"),
		},
		{
			SKU:        "INGEST",
			Family:     "Data Payload",
			Attributes: usage(always, "DataProcessing-Bytes"),
			Tiers:      Flat("GB", "0.5000000000"),
		},
		{
			SKU:        "STORE",
			Family:     "Storage Snapshot",
			Attributes: usage(always, "TimedStorage-ByteHrs"),
			Tiers:      Flat("GB-Mo", "0.0300000000"),
		},
	}
}

type object = map[string]any

// Files are the files of the list by their paths on a mirror.
func (l *List) Files() map[string][]byte {
	files := map[string][]byte{}
	put := func(path string, value any) {
		text, err := json.MarshalIndent(value, "", " ")
		if err != nil {
			panic(err)
		}
		files[path] = append(text, '\n')
	}
	offers := object{}
	for offer, regions := range l.Offers {
		base := "/offers/v1.0/aws/" + offer
		offers[offer] = object{
			"offerCode": offer, "versionIndexUrl": base + "/index.json", "currentVersionUrl": base + "/current/index.json",
			"currentRegionIndexUrl":      base + "/current/region_index.json",
			"currentSavingsPlanIndexUrl": "/savingsPlan/v1.0/aws/AWSComputeSavingsPlan/current/region_index.json",
		}
		index := object{}
		for region, products := range regions {
			index[region] = object{
				"regionCode":        region,
				"currentVersionUrl": base + "/" + l.Version + "/" + region + "/index.json",
			}
			put(base[1:]+"/current/"+region+"/index.json", OfferFile(offer, region, l.Version, l.Published, products))
		}
		put(
			base[1:]+"/current/region_index.json",
			object{"formatVersion": "v1.0", "publicationDate": l.Published, "regions": index},
		)
	}
	put("offers/v1.0/aws/index.json", object{"formatVersion": "v1.0", "publicationDate": l.Published, "offers": offers})
	l.putVersions(put)
	l.putSavings(put)
	return files
}

func (l *List) putVersions(put func(string, any)) {
	const base = "offers/v1.0/aws/AWSLambda"
	versions := object{l.Version: object{
		"versionEffectiveBeginDate": effective, "versionEffectiveEndDate": "",
		"offerVersionUrl": "/" + base + "/" + l.Version + "/index.json",
	}}
	for region, products := range l.Offers["AWSLambda"] {
		put(base+"/"+l.Version+"/"+region+"/index.json", OfferFile("AWSLambda", region, l.Version, l.Published, products))
	}
	for _, v := range l.Versions {
		versions[v.Name] = object{
			"versionEffectiveBeginDate": v.From, "versionEffectiveEndDate": "",
			"offerVersionUrl": "/" + base + "/" + v.Name + "/index.json",
		}
		for region, products := range v.Products {
			put(base+"/"+v.Name+"/"+region+"/index.json", OfferFile("AWSLambda", region, v.Name, v.Published, products))
		}
	}
	put(base+"/index.json", object{"offerCode": "AWSLambda", "currentVersion": l.Version, "versions": versions})
}

func (l *List) putSavings(put func(string, any)) {
	if l.Savings == nil {
		return
	}
	const base = "savingsPlan/v1.0/aws/AWSComputeSavingsPlan"
	regions := []any{}
	for _, region := range slices.Sorted(maps.Keys(l.Savings)) {
		path := base + "/" + l.Version + "/" + region + "/index.json"
		regions = append(regions, object{"regionCode": region, "versionUrl": "/" + path})
		rates := []any{}
		for _, usageType := range l.Savings[region] {
			rates = append(rates, object{
				"discountedSku": "D", "discountedUsageType": usageType, "discountedOperation": "", "discountedServiceCode": "AWSLambda",
				"rateCode": "S.D", "unit": "vCPU-Seconds", "discountedRate": object{"price": "0.0000230000", "currency": "USD"},
			})
		}
		put(path, object{
			"version": l.Version, "publicationDate": l.Published, "regionCode": region,
			"products": []any{object{"sku": "S", "productFamily": "ComputeSavingsPlans"}},
			"terms": object{"savingsPlan": []any{object{
				"sku": "S", "description": "1 year No Upfront Compute Savings Plan", "effectiveDate": l.Published,
				"leaseContractLength": object{"duration": 1, "unit": "year"}, "rates": rates,
			}}},
		})
	}
	put(base+"/current/region_index.json", object{"publicationDate": l.Published, "regions": regions})
}

// offerFile has the members of an offer file in the order in which AWS writes them.
type offerFile struct {
	FormatVersion   string         `json:"formatVersion"`
	Disclaimer      string         `json:"disclaimer"`
	OfferCode       string         `json:"offerCode"`
	Version         string         `json:"version"`
	PublicationDate string         `json:"publicationDate"`
	Products        map[string]any `json:"products"`
	Terms           map[string]any `json:"terms"`
	AttributesList  map[string]any `json:"attributesList"`
}

// OfferFile is the offer file of a region, to be written as JSON.
func OfferFile(offer, region, version, published string, products []Product) any {
	file := offerFile{
		"v1.0", "This pricing list is for informational purposes only.", offer, version, published, object{}, object{}, object{},
	}
	terms := object{}
	for _, p := range products {
		file.Products[p.SKU], terms[p.SKU] = p.product(offer, region), p.term()
	}
	file.Terms["OnDemand"] = terms
	return file
}

func (p Product) product(offer, region string) object {
	attributes := object{
		"servicecode": offer, "location": "Somewhere", "locationType": "AWS Region", "regionCode": region, "servicename": offer,
	}
	for name, value := range p.Attributes {
		attributes[name] = value
	}
	return object{"sku": p.SKU, "productFamily": p.Family, "attributes": attributes}
}

func (p Product) term() object {
	code := p.SKU + ".JRTCKXETXF"
	prices := object{}
	for i, tier := range p.Tiers {
		rate := fmt.Sprintf("%s.RATE%d", code, i)
		prices[rate] = object{
			"rateCode": rate, "description": "$" + tier.Price + " per " + tier.Unit, "beginRange": tier.Begin, "endRange": tier.End,
			"unit": tier.Unit, "pricePerUnit": object{or(p.Currency, "USD"): tier.Price}, "appliesTo": []any{},
		}
	}
	return object{code: object{
		"offerTermCode": "JRTCKXETXF", "sku": p.SKU, "effectiveDate": or(p.Effective, effective), "priceDimensions": prices,
		"termAttributes": object{},
	}}
}

func or(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// WriteTo writes the files into a folder, which is a mirror then.
func (l *List) WriteTo(folder string) error {
	for path, text := range l.Files() {
		target := filepath.Join(folder, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
