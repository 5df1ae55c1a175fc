package scenarios

import (
	"os"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/stretchr/testify/require"

	"microspend/internal/strictyaml"

	"microspend/internal/racing"
)

// hostile are inputs made to hurt: by depth, by size, by expansion, by numbers, by encoding.
func hostile() map[string]string {
	const scenario = "region: eu-west-1\nmicrovm: {memory: 4GB}\nworkload: {users: 1, days: 20, running: 4h}\n"
	var utf16Text strings.Builder
	for _, unit := range utf16.Encode([]rune("\ufeff" + scenario)) {
		utf16Text.WriteByte(byte(unit))
		utf16Text.WriteByte(byte(unit >> 8))
	}
	laughs := "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
	for from, to := 'a', 'b'; to <= 'j'; from, to = to, to+1 {
		laughs += string(to) + ": &" + string(to) + " [" + strings.Repeat("*"+string(from)+", ", 9) + "*" + string(from) +
			"]\n"
	}
	nines := strings.Repeat("9", 100_000)
	return map[string]string{
		"empty":               "",
		"NUL":                 "region: eu-west-1\x00\n",
		"NUL in a quoted key": "\"a\\0b\": 1\n",
		"escape sequences":    "\"\\e[2J\": 1\n",
		"byte order mark":     "\ufeff" + scenario,
		"CRLF":                strings.ReplaceAll(scenario, "\n", "\r\n"),
		"CR":                  strings.ReplaceAll(scenario, "\n", "\r"),
		"tabs":                strings.ReplaceAll(scenario, " ", "\t"),
		"UTF-16":              utf16Text.String(),
		"not UTF-8":           "region: \xff\xfe\xfd\n",
		"billion laughs":      laughs,
		"alias of itself":     "a: &a [*a]\n",
		"merge key":           "<<: {region: eu-west-1}\n",
		"tags":                "region: !!binary ZXUtd2VzdC0x\nmicrovm: !map {memory: !<tag:x> 4GB}\nworkload: {users: !!int 1, days: 20, running: 4h}\n",
		"deep brackets":       strings.Repeat("[", 100_000),
		"deep mapping":        strings.Repeat("{a: ", 50_000),
		"deep block":          strings.Repeat("- ", 100_000),
		"deep explicit keys":  strings.Repeat("? ", 100_000),
		"huge number":         replace(scenario, "users: 1", "users: "+nines),
		"huge negative":       replace(scenario, "4h", "-"+nines+"h"),
		"huge exponent":       replace(scenario, "users: 1", "users: 1e999999999"),
		"huge duration":       replace(scenario, "4h", strings.Repeat("1h", 50_000)),
		"huge size":           replace(scenario, "4GB", nines+"GB"),
		"largest that fits": replace(scenario, "users: 1, days: 20, running: 4h",
			"users: 1000000000000, days: 31, running: 24h, launches: 1000000000000, cycles: 1000000000000"),
		"smallest that fits": replace(scenario, "days: 20, running: 4h",
			"days: 0.00000000000000000001, running: 0.00000000000000000001s"),
		"many keys":         scenario + strings.Repeat("x: 1\n", 40_000),
		"many unknown keys": scenario + manyLines("k%: 1\n", 20_000),
		"many traits":       scenario + "traits: [" + strings.Repeat("state, ", 30_000) + "]\n",
		"many alternatives": scenario + "compare:\n" + strings.Repeat("- ec2: a\n", 5_000),
		"many wrong ones":   scenario + "compare:\n" + strings.Repeat("- x\n", 50_000),
		"many figures":      scenario + "documented: {figures: {" + manyLines("k%: 1, ", 20_000) + "}}\n",
		"many ranges":       scenario + "image: {size: [" + strings.Repeat("1..2, ", 30_000) + "]}\n",
		"long path":         scenario + "\"" + strings.Repeat("k", 200_000) + "\": {a: 1}\n",
		"same price a minute": replace(scenario, "users: 1, days: 20", "jobs: 1") +
			"compare: [ci: {runner: r, per_minute: 0.004425336}, ci: {runner: r, per_minute: 0.00442533599999999}]\n",
	}
}

// manyLines repeats a line with numbers in the place of %.
func manyLines(line string, count int) string {
	var out strings.Builder
	for i := range count {
		out.WriteString(strings.Replace(line, "%", strings.Repeat("x", i%7)+string(rune('a'+i%26)), 1))
	}
	return out.String()
}

// patience is how long any file that is small enough to be read may take, to be refused or to be priced: a guard
// against hangs, as machines are shared; the slowest takes 0.2 s on an idle one.
const patience = 10 * racing.Slowdown * time.Second

// requireHandled loads any bytes at all, and prices what loads: quickly, without a panic, and so that the parts are the
// whole.
func requireHandled(t *testing.T, m Market, text []byte) {
	t.Helper()
	start := time.Now()
	s, err := Load("fuzz.yaml", text)
	loaded := time.Since(start)
	if err != nil {
		require.True(t, isFault(err), "%v", err)
		require.NotEmpty(t, err.Error())
		require.Less(t, loaded, patience, "to refuse it")
		return
	}
	e, err := m.Estimate(s)
	require.Less(t, time.Since(start), patience, "to load it in %s, and then to price it", loaded)
	if err != nil {
		require.NotEmpty(t, err.Error())
		return
	}
	requireConsistent(t, e)
	requireExplained(t, Compare(e, e))
}

func TestHostileInput(t *testing.T) {
	m := market(t)
	for name, text := range hostile() {
		t.Run(name, func(t *testing.T) {
			requireHandled(t, m, []byte(text))
			require.LessOrEqual(t, len(text), strictyaml.MaxBytes, "or it would be refused for its size")
		})
	}
}

func FuzzLoad(f *testing.F) {
	for _, folder := range []string{"good", "bad"} {
		for _, file := range corpus(f, folder) {
			text, err := os.ReadFile(file)
			require.NoError(f, err)
			f.Add(text)
		}
	}
	for _, text := range hostile() {
		if len(text) < 10_000 {
			f.Add([]byte(text))
		}
	}
	m := market(f)
	f.Fuzz(func(t *testing.T, text []byte) { requireHandled(t, m, text) })
}
