#include "cli/format.hpp"
#include "cli/template.hpp"
#include "commandline/table.hpp"

#include <gtest/gtest.h>

namespace phial::cli {
namespace {

const char* const kDocument = R"({"Name": "web", "Count": 3, "Ratio": 0.5, "On": true, "Off": false, "Nothing": null,
  "State": {"Pid": 42, "Status": "running"}, "Names": ["a", "b"], "Labels": {"z": "26", "a": "1"}, "Empty": [],
  "Mounts": [{"Source": "/a", "Destination": "/b"}, {"Source": "/c", "Destination": "/d"}]})";

std::string fill(std::string_view text) {
  Json value = *parse_json(kDocument, "test");
  Result<Template> parsed = parse_template(text);
  if (!parsed)
    return "! " + parsed.error().message;
  Result<std::string> out = execute(*parsed, value);
  return out ? *out : "! " + out.error().message;
}

struct Case {
  std::string_view text;
  std::string_view expected;
};

class TemplateCase : public testing::TestWithParam<Case> {};

TEST_P(TemplateCase, Prints) {
  EXPECT_EQ(fill(GetParam().text), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Values, TemplateCase,
    testing::Values(Case{"plain", "plain"}, Case{"{{.Name}}", "web"}, Case{"a {{ .Name }} b", "a web b"},
                    Case{"{{.State.Pid}}", "42"}, Case{"{{.On}} {{.Off}}", "true false"}, Case{"{{.Ratio}}", "0.5"},
                    Case{"{{.Nothing}}", "<no value>"}, Case{"{{.Names}}", "[a b]"},
                    Case{"{{.Labels}}", "map[a:1 z:26]"}, Case{"{{json .State}}", R"({"Pid":42,"Status":"running"})"},
                    Case{"{{.State | json}}", R"({"Pid":42,"Status":"running"})"}, Case{"{{json .Name}}", "\"web\""},
                    Case{"{{\"lit\\n\"}}{{`raw\\n`}}", "lit\nraw\\n"}, Case{"{{$.Name}}", "web"},
                    Case{"x {{- .Name -}}  y", "xweby"}, Case{"{{/* note */}}z", "z"}, Case{"{{\"}}\"}}", "}}"}));

INSTANTIATE_TEST_SUITE_P(
    Functions, TemplateCase,
    testing::Values(Case{"{{len .Names}} {{len .Name}} {{len .Labels}}", "2 3 2"}, Case{"{{index .Names 1}}", "b"},
                    Case{"{{index .Labels \"z\"}}", "26"}, Case{"{{index .Labels \"no\"}}", ""},
                    Case{"{{(index .Mounts 1).Source}}", "/c"}, Case{"{{index .Mounts 0 \"Source\"}}", "/a"},
                    Case{"{{join .Names \", \"}}", "a, b"}, Case{"{{index (split \"x:y\" \":\") 1}}", "y"},
                    Case{"{{upper .Name}} {{lower \"ABC\"}} {{title \"one two\"}}", "WEB abc One Two"},
                    Case{"{{println .Name .Count}}", "web 3\n"},
                    Case{"{{printf \"%-5s|%3d|%q\" .Name .Count .Name}}", "web  |  3|\"web\""},
                    Case{"{{truncate .Name 2}}{{pad .Name 1 2}}.", "we web  ."}, Case{"{{slice .Name 1 2}}", "e"},
                    Case{"{{.Name | upper | printf \"%s!\"}}", "WEB!"},
                    Case{"{{eq .Name \"web\"}} {{ne .Count 3}} {{eq .Count 1 2 3}}", "true false true"},
                    Case{"{{lt .Count 10}} {{ge .Ratio 0.5}}", "true true"},
                    Case{"{{and .On .Name}} {{or .Off \"x\"}} {{not .On}}", "web x false"}));

INSTANTIATE_TEST_SUITE_P(Blocks, TemplateCase,
                         testing::Values(Case{"{{if .On}}yes{{else}}no{{end}}", "yes"},
                                         Case{"{{if .Off}}yes{{else}}no{{end}}", "no"},
                                         Case{"{{if .Off}}1{{else if eq .Count 3}}2{{else}}3{{end}}.", "2."},
                                         Case{"{{if .Off}}1{{else if .Off}}2{{else}}3{{end}}.", "3."},
                                         Case{"{{range .Names}}[{{.}}]{{end}}", "[a][b]"},
                                         Case{"{{range .Empty}}x{{else}}none{{end}}", "none"},
                                         Case{"{{range .Mounts}}{{.Source}}:{{.Destination}} {{end}}", "/a:/b /c:/d "},
                                         Case{"{{range $k, $v := .Labels}}{{$k}}={{$v}};{{end}}", "a=1;z=26;"},
                                         Case{"{{range $i, $v := .Names}}{{$i}}{{$v}}{{$.Count}}{{end}}", "0a31b3"},
                                         Case{"{{with .State}}{{.Pid}}{{end}}", "42"},
                                         Case{"{{with .Nothing}}x{{else}}y{{end}}", "y"},
                                         Case{"{{$n := .Name}}{{$n}}-{{$n}}", "web-web"},
                                         Case{"{{range .Names}}{{if eq . \"b\"}}{{upper .}}{{end}}{{end}}", "B"}));

INSTANTIATE_TEST_SUITE_P(
    Mistakes, TemplateCase,
    testing::Values(Case{"{{.Nam}}", "! --format: at column 3: there is no field \"Nam\""},
                    Case{"{{.Name.X}}", "! --format: at column 3: .X: a string has no fields"},
                    Case{"a {{.Name", "! --format: at column 3: this {{ is not closed by }}"},
                    Case{"{{if .On}}", "! --format: at column 3: this has no {{end}}"},
                    Case{"{{end}}", "! --format: at column 3: this {{end}} ends nothing"},
                    Case{"{{}}", "! --format: at column 3: a value is missing"},
                    Case{"{{nope .}}", "! --format: at column 3: function \"nope\" is not defined"},
                    Case{"{{len .Count}}",
                         "! --format: at column 3: len takes a string, a list or a map, not an integer"},
                    Case{"{{index .Names 2}}", "! --format: at column 3: index 2 is outside a list of 2"},
                    Case{"{{join .Names}}", "! --format: at column 3: join takes 2 arguments, not 1"},
                    Case{"{{.Name .Count}}", "! --format: at column 3: only a function takes arguments"},
                    Case{"{{(.Name}}", "! --format: at column 9: a ) is missing"},
                    Case{"{{\"x}}", "! --format: at column 1: this {{ is not closed by }}"},
                    Case{"{{$x}}", "! --format: at column 3: there is no variable $x"}));

TEST(Template, SuggestsTheNearestField) {
  Json value = *parse_json(kDocument, "test");
  EXPECT_EQ(execute(*parse_template("{{.Nam}}"), value).error().hint, "did you mean .Name?");
}

TEST(Template, DeepNestingIsRefused) {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += "{{if .On}}";
  EXPECT_FALSE(parse_template(text));
}

TEST(Table, AlignsAsDockerDoes) {
  commandline::Table table;
  table.add({"ID", "A LONG HEADING", "NAMES"});
  table.add({"0123456789ab", "x", "web"});
  EXPECT_EQ(table.text(), "ID             A LONG HEADING   NAMES\n"
                          "0123456789ab   x                web\n");
}

TEST(Table, AColumnIsTenWideAtLeastAndTheLastIsRagged) {
  commandline::Table table;
  table.add({"A", "B"});
  table.add({"ä", "y"});
  EXPECT_EQ(table.text(), "A         B\nä         y\n");
}

constexpr Column kColumns[] = {{"ID", "CONTAINER ID"}, {"Names", "NAMES"}};

TEST(Format, Rows) {
  std::vector<Json> rows = {Json::object().set("ID", "1").set("Names", "a"),
                            Json::object().set("ID", "2").set("Names", "b")};
  auto shown = [&](std::string_view format) { return *format_rows(format, "{{.ID}}\t{{.Names}}", kColumns, rows); };
  EXPECT_EQ(shown(""), "CONTAINER ID   NAMES\n1              a\n2              b\n");
  EXPECT_EQ(shown("table"), shown(""));
  EXPECT_EQ(shown("table {{.Names}}\\t{{.ID}}"), "NAMES     CONTAINER ID\na         1\nb         2\n");
  EXPECT_EQ(shown("{{.Names}}:{{.ID}}"), "a:1\nb:2\n");
  EXPECT_EQ(shown("json"), "{\"ID\":\"1\",\"Names\":\"a\"}\n{\"ID\":\"2\",\"Names\":\"b\"}\n");
}

TEST(Format, OneValue) {
  EXPECT_EQ(*format_one("json", Json::object().set("A", 1)), "{\"A\":1}\n");
  EXPECT_EQ(*format_one("{{.A}}\\t{{.A}}", Json::object().set("A", 1)), "1\t1\n");
}

} // namespace
} // namespace phial::cli
