package badge

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
)

// raw turns a signature in DER into r and s side by side.
func raw(der []byte) ([]byte, error) {
	var pair struct{ R, S *big.Int }
	rest, err := asn1.Unmarshal(der, &pair)
	if err != nil {
		return nil, fmt.Errorf("badge: read signature: %w", err)
	}
	if len(rest) != 0 || pair.R.BitLen() > 256 || pair.S.BitLen() > 256 {
		return nil, errors.New("badge: a signature of another kind")
	}
	out := make([]byte, 64)
	pair.R.FillBytes(out[:32])
	pair.S.FillBytes(out[32:])
	return out, nil
}
