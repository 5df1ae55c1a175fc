package main

import (
	"encoding/json"
	"go/ast"
	"iter"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"microspend/collector/cloudwatch"
	"microspend/collector/logs"
	"microspend/collector/microvmapi"
)

// docPage is a page of the documentation.
func docPage(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", name))
	require.NoError(t, err)
	return string(text)
}

// section is what stands below a heading, up to the next one of its level or above that is not in a block of code.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	level := len(heading) - len(strings.TrimLeft(heading, "#"))
	_, after, found := strings.Cut("\n"+text, "\n"+heading+"\n")
	require.True(t, found, heading)
	var kept strings.Builder
	for line, code := range inCode(after) {
		marks := len(line) - len(strings.TrimLeft(line, "#"))
		if !code && marks > 0 && marks <= level {
			break
		}
		kept.WriteString(line)
	}
	return kept.String()
}

// inCode gives the lines of a page, and whether each is in a fenced block.
func inCode(text string) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		code := false
		for line := range strings.Lines(text) {
			if strings.HasPrefix(strings.TrimLeft(line, " "), "```") {
				code = !code
			}
			if !yield(line, code) {
				return
			}
		}
	}
}

// statements are those of an IAM policy, with lists where a policy may have a single value.
type statements []struct {
	Effect           string
	Action, Resource oneOrMore
	Principal        map[string]string
}

type oneOrMore []string

func (o *oneOrMore) UnmarshalJSON(text []byte) error {
	var one string
	if json.Unmarshal(text, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	var more []string
	err := json.Unmarshal(text, &more)
	*o = more
	return err
}

var jsonBlock = regexp.MustCompile("(?s)```json\n(.*?)```")

// policies are the documents of a section, each of which must be one that AWS takes: a version, and allowed actions.
func policies(t *testing.T, text string) (found []statements) {
	t.Helper()
	for _, block := range jsonBlock.FindAllStringSubmatch(text, -1) {
		var policy struct {
			Version   string
			Statement statements
		}
		require.NoError(t, json.Unmarshal([]byte(block[1]), &policy))
		require.Equal(t, "2012-10-17", policy.Version)
		for _, s := range policy.Statement {
			require.Equal(t, "Allow", s.Effect)
			require.NotEmpty(t, s.Action)
			require.NotEqual(t, len(s.Resource) == 0, len(s.Principal) == 0, "a policy has resources, a trust policy principals")
		}
		found = append(found, policy.Statement)
	}
	return found
}

func (s statements) actions() (all []string) {
	for _, statement := range s {
		all = append(all, statement.Action...)
	}
	return all
}

const awsServices = "github.com/aws/aws-sdk-go-v2/service/"

var microvmOperation = regexp.MustCompile(`^(List|Get|Suspend|Resume|Terminate|Run|Create|Update|Delete)Microvm\w*$`)

// operations are the calls of AWS that a file of the code makes, as IAM actions. The SDK's are told by their inputs, such
// as s3.PutObjectInput; those of the MicroVM API, for which the SDK has no client here, by their names.
func operations(t *testing.T, file *ast.File) (actions []string) {
	t.Helper()
	services := map[string]string{} // by the name that the file has for them
	for _, spec := range file.Imports {
		of := literal(spec.Path)
		if service, ok := strings.CutPrefix(of, awsServices); ok && !strings.Contains(service, "/") {
			require.Nil(t, spec.Name, "%s by another name is not found here", of)
			services[service] = strings.Replace(service, "cloudwatchlogs", "logs", 1)
		}
		if strings.HasSuffix(of, "/credentials/stscreds") {
			services["stscreds"] = "sts"
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.BasicLit:
			if name := literal(n); microvmOperation.MatchString(name) {
				actions = append(actions, "lambda:"+name)
			}
		case *ast.SelectorExpr:
			of, ok := n.X.(*ast.Ident)
			if !ok || services[of.Name] == "" {
				break
			}
			if operation, ok := strings.CutSuffix(n.Sel.Name, "Input"); ok && operation != "GetCallerIdentity" { // free to all
				// Listing a bucket's objects is named after the bucket.
				operation = strings.Replace(operation, "ListObjectsV2", "ListBucket", 1)
				actions = append(actions, services[of.Name]+":"+operation)
			}
			if n.Sel.Name == "NewAssumeRoleProvider" {
				actions = append(actions, "sts:AssumeRole")
			}
		}
		return true
	})
	return actions
}

// Users paste the policies of docs/aws-setup.md: they allow what the code calls, and nothing else.
func TestPoliciesAllowWhatIsCalled(t *testing.T) {
	setup := docPage(t, "docs/aws-setup.md")
	actions := func(heading string) []string {
		found := policies(t, section(t, setup, "### "+heading))
		require.Len(t, found, 1, heading)
		return found[0].actions()
	}
	called := map[string][]string{} // by package
	all, err := sourceFiles()
	require.NoError(t, err)
	for _, s := range all {
		pkg := path.Dir(s.name)
		for _, action := range operations(t, s.file) {
			if !slices.Contains(called[pkg], action) {
				called[pkg] = append(called[pkg], action)
			}
		}
	}
	take := func(folder string) []string {
		found := called[folder]
		require.NotEmpty(t, found, folder)
		delete(called, folder)
		return found
	}
	metrics, lines, api := take("collector/cloudwatch"), take("collector/logs"), take("collector/microvmapi")
	require.ElementsMatch(t, metrics, actions("Metrics"))
	require.ElementsMatch(t, lines, actions("Logs"))
	require.ElementsMatch(t, api, actions("MicroVM API"))
	// Refused calls name them.
	require.ElementsMatch(t, metrics, cloudwatch.Definition().Actions)
	require.ElementsMatch(t, lines, logs.Definition().Actions)
	require.ElementsMatch(t, api, microvmapi.Definition().Actions)
	// What a look calls is counted in package microvmapi.
	require.ElementsMatch(t, microvmapi.WatchActions(), actions("Live view"))

	require.ElementsMatch(t, take("ledger/bucket"), slices.Concat(actions("Bucket, readers"), actions("Bucket, writers")))
	for _, action := range actions("Bucket, readers") {
		require.Regexp(t, `^s3:(Get|List)`, action)
	}
	acts := take("collector/microvmapi/control")
	require.Subset(t, acts, actions("Actions of a budget"))
	require.NotContains(t, actions("Actions of a budget"), "lambda:ResumeMicrovm", "a suspended meter resumes nothing")

	require.Equal(t, []string{"sts:AssumeRole"}, take("collector/awssource"))
	accounts := policies(t, section(t, setup, "## Several accounts"))
	require.Len(t, accounts, 2, "the role's trust policy, and what the principal may")
	for _, policy := range accounts {
		require.Equal(t, []string{"sts:AssumeRole"}, policy.actions())
	}
	require.Empty(t, called, "packages whose calls no policy allows")
}

// The table names what the policies have, and each page that speaks of permissions leads to it instead of repeating it.
func TestPermissionsAreInOnePlace(t *testing.T) {
	setup := docPage(t, "docs/aws-setup.md")
	table, all := section(t, setup, "## Permissions by command"), map[string]bool{}
	for _, policy := range policies(t, setup) {
		for _, action := range policy.actions() {
			all[action] = true
		}
	}
	named := regexp.MustCompile("`((?:cloudwatch|logs|lambda|s3|sts):[A-Z]\\w+)`").FindAllStringSubmatch(table, -1)
	require.NotEmpty(t, named)
	for _, action := range named {
		require.True(t, all[action[1]] || action[1] == "sts:GetCallerIdentity", "%s is in no policy", action[1])
	}
	pages, err := filepath.Glob("../../docs/*.md")
	require.NoError(t, err)
	for _, name := range pages {
		if filepath.Base(name) == "aws-setup.md" {
			continue
		}
		require.NotContains(t, docPage(t, "docs/"+filepath.Base(name)), "2012-10-17", "%s has a policy of its own", name)
	}
	for _, name := range []string{
		"collect", "collect-logs", "collect-microvms", "meter", "live", "bucket", "agent-budget", "hardening", "reconcile",
	} {
		require.Contains(t, docPage(t, "docs/"+name+".md"), "(aws-setup.md", name)
	}
}
