package fakepricelist

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// WriteLarge writes AmazonEC2's offer file of a region, about the given number of bytes long. Among the products of
// [Standard] stand others that nothing takes; half of the bytes are products, and half of the terms are reserved ones,
// as in AWS's own file.
func WriteLarge(to io.Writer, region string, bytes int64) error {
	out := bufio.NewWriterSize(to, 1<<16)
	list := Standard(region)
	wanted := list.Offers["AmazonEC2"][region]
	filler := wanted[0]
	filler.SKU = "@"
	filler.Attributes = map[string]string{}
	for name, value := range wanted[0].Attributes {
		filler.Attributes[name] = value
	}
	filler.Attributes["operatingSystem"] = "Windows"
	for i := range 20 {
		filler.Attributes[fmt.Sprintf("detail%d", i)] = strings.Repeat("x", 20)
	}
	product, term := encoded(filler.product("AmazonEC2", region)), encoded(filler.term())
	reserved := encoded(object{"@.4NA7Y494T4": filler.term()})
	n := int(bytes / int64(len(product)+len(term)+len(reserved)))
	fill := func(text string, more bool) {
		for i := range n {
			sku := fmt.Sprintf("FILLER%010d", i)
			fmt.Fprintf(out, "%q:%s", sku, strings.ReplaceAll(text, "@", sku))
			if i < n-1 || more {
				out.WriteString(",\n")
			}
		}
	}
	fmt.Fprintf(out, `{"formatVersion":"v1.0","offerCode":"AmazonEC2","version":%q,"publicationDate":%q,"products":{`,
		list.Version, list.Published)
	fill(product, true)
	for i, p := range wanted {
		fmt.Fprintf(out, "%q:%s%s", p.SKU, encoded(p.product("AmazonEC2", region)), comma(i, len(wanted)))
	}
	out.WriteString(`},"terms":{"OnDemand":{`)
	fill(term, true)
	for i, p := range wanted {
		fmt.Fprintf(out, "%q:%s%s", p.SKU, encoded(p.term()), comma(i, len(wanted)))
	}
	out.WriteString(`},"Reserved":{`)
	fill(reserved, false)
	out.WriteString("}},\"attributesList\":{}}\n")
	return out.Flush()
}

func encoded(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

func comma(i, n int) string {
	if i < n-1 {
		return ","
	}
	return ""
}
