package anomaly

import (
	"encoding/binary"

	"github.com/shopspring/decimal"

	"microspend/internal/civil"
	"microspend/pricing"
)

// dayCost is a day's spend.
type dayCost struct {
	total decimal.Decimal
	state pricing.State
}

// packed is the spend of some days, each exactly, in a fifth of the memory that decimals take: ten thousand tenants
// have close to a million days. Of each it has how many days it is after the first, the state, and how many bytes of a
// decimal follow.
type packed []byte

// add adds a day by its distance in days from the first.
func (p *packed) add(after civil.Day, cost dayCost) error {
	total, err := cost.total.MarshalBinary()
	if err != nil {
		return err
	}
	out := append(binary.AppendUvarint(*p, uint64(after)), byte(cost.state))
	*p = append(binary.AppendUvarint(out, uint64(len(total))), total...)
	return nil
}

// days are all of n days, zero where none was added.
func (p packed) days(n int) ([]dayCost, error) {
	out := make([]dayCost, n)
	for len(p) > 0 {
		after, size := binary.Uvarint(p)
		day := &out[after]
		day.state, p = pricing.State(p[size]), p[size+1:]
		length, size := binary.Uvarint(p)
		p = p[size:]
		if err := day.total.UnmarshalBinary(p[:length]); err != nil {
			return nil, err
		}
		p = p[length:]
	}
	return out, nil
}
