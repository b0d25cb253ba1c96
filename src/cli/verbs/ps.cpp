// `phial ps`: which containers there are.
#include "base/clock.hpp"
#include "base/text.hpp"
#include "cli/format.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/values.hpp"
#include "cli/verbs/all.hpp"

#include <algorithm>
#include <limits>

namespace phial::cli {

namespace {

constexpr std::string_view kFilters = "id|name|label|status|exited|ancestor|before|since";

constexpr Option kOptions[] = {
    {.name = "all", .letter = 'a', .help = "Those that do not run, too"},
    {.name = "filter",
     .letter = 'f',
     .value = "NAME=VALUE",
     .help = "Only those with this id, name, label, status, exited, ancestor, before or since",
     .repeatable = true},
    kRowsFormatOption,
    {.name = "last", .letter = 'n', .value = "N", .help = "The N youngest, whether they run or not"},
    {.name = "latest", .letter = 'l', .help = "The youngest, whether it runs or not"},
    {.name = "no-trunc", .help = "Do not shorten ids and commands"},
    {.name = "quiet", .letter = 'q', .help = "Print ids only"},
};

constexpr std::string_view kNames[] = {"ls", "list", "ps"};

constexpr Example kExamples[] = {
    {"ps -a", "all containers"},
    {"ps -f status=exited -q", "the ids of those that have ended"},
    {"ps --format 'table {{.Names}}\\t{{.Status}}'", "columns of your own"},
};

constexpr Column kColumns[] = {
    {"ID", "CONTAINER ID"},
    {"Image", "IMAGE"},
    {"Command", "COMMAND"},
    {"CreatedAt", "CREATED AT"},
    {"RunningFor", "CREATED"},
    {"Status", "STATUS"},
    {"State", "STATE"},
    {"Ports", "PORTS"},
    {"Names", "NAMES"},
    {"Labels", "LABELS"},
    {"Mounts", "MOUNTS"},
    {"Networks", "NETWORKS"},
    {"LocalVolumes", "LOCAL VOLUMES"},
    {"Size", "SIZE"},
};

constexpr std::string_view kUsual = "{{.ID}}\t{{.Image}}\t{{.Command}}\t{{.RunningFor}}\t{{.Status}}\t{{.Ports}}\t"
                                    "{{.Names}}";

std::string joined(const std::vector<std::pair<std::string, std::string>>& labels) {
  std::string out;
  for (const auto& [key, value] : labels)
    out += (out.empty() ? "" : ",") + key + "=" + value;
  return out;
}

// The command as one quoted string of at most 20 characters.
std::string command_text(const engine::Record& record, bool whole) {
  std::vector<std::string> words = record.entrypoint;
  words.insert(words.end(), record.command.begin(), record.command.end());
  std::string text = join(words, " ");
  constexpr std::size_t kShown = 20;
  if (!whole && text.size() > kShown) {
    std::size_t end = kShown - 1;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U)
      --end; // never half a character
    text = text.substr(0, end) + "…";
  }
  return to_text(Json(text));
}

std::string mounts_text(const engine::Record& record, bool whole) {
  std::string out;
  for (const engine::RecordMount& mount : record.mounts) {
    std::string name = mount.name.empty() ? mount.source : mount.name;
    if (name.empty())
      continue;
    if (!whole && name.size() > 15)
      name = name.substr(0, 14) + "…";
    out += (out.empty() ? "" : ",") + name;
  }
  return out;
}

Json row_of(const engine::Container& container, bool whole, std::int64_t now) {
  const engine::Record& record = container.record;
  std::int64_t volumes = std::ranges::count(record.mounts, "volume", &engine::RecordMount::type);
  Json row = Json::object();
  row.set("Command", command_text(record, whole))
      .set("CreatedAt", list_time(record.created))
      .set("ID", whole ? record.id : short_id(record.id))
      .set("Image", record.image)
      .set("Labels", joined(record.labels))
      .set("LocalVolumes", std::to_string(volumes))
      .set("Mounts", mounts_text(record, whole))
      .set("Names", container.name)
      .set("Networks", record.network_mode)
      .set("Ports", "")
      .set("RunningFor", phial::human_duration(now - record.created) + " ago")
      .set("Size", "0B")
      .set("State", engine::status_name(container.status))
      .set("Status", container.status_text(now));
  return row;
}

Result<std::optional<std::int64_t>> moment_of(const std::vector<Filter>& filters, std::string_view name,
                                              const engine::Engine& engine) {
  std::optional<std::int64_t> out;
  for (const Filter& filter : filters)
    if (filter.name == name)
      out = TRY(engine::find(engine, filter.value), "--filter " + std::string(name)).record.created;
  return out;
}

bool has_image(const engine::Record& record, std::string_view wanted) {
  return record.image == wanted || record.image == std::string(wanted) + ":latest" ||
         std::string(record.image) + ":latest" == wanted || record.image_id == wanted ||
         (wanted.size() >= 4 &&
          (record.image_id.starts_with(wanted) || record.image_id.starts_with("sha256:" + std::string(wanted))));
}

bool passes(const engine::Container& container, const std::vector<Filter>& filters) {
  const engine::Record& record = container.record;
  return any_passes(filters, "id", [&](std::string_view value) { return record.id.starts_with(value); }) &&
         any_passes(filters, "name",
                    [&](std::string_view value) { return container.name.find(value) != std::string::npos; }) &&
         all_pass(filters, "label", [&](std::string_view value) { return label_matches(record.labels, value); }) &&
         any_passes(filters, "status",
                    [&](std::string_view value) { return engine::status_name(container.status) == value; }) &&
         any_passes(filters, "exited",
                    [&](std::string_view value) {
                      return container.status == engine::Status::exited && container.exit_code &&
                             parse_int(value) == *container.exit_code;
                    }) &&
         any_passes(filters, "ancestor", [&](std::string_view value) { return has_image(record, value); });
}

Result<std::vector<engine::Container>> chosen(const Call& call, const engine::Engine& engine) {
  std::vector<Filter> filters = TRY(read_filters(call.arguments, kFilters));
  std::optional<std::int64_t> before = TRY(moment_of(filters, "before", engine));
  std::optional<std::int64_t> since = TRY(moment_of(filters, "since", engine));
  std::int64_t last = call.arguments.on("latest") ? 1 : -1;
  if (std::optional<std::string_view> text = call.arguments.last("last"))
    last = TRY(parse_number(*text, -1, std::numeric_limits<std::int64_t>::max()), "--last");
  bool all = call.arguments.on("all") || last > 0 || std::ranges::any_of(filters, [](const Filter& filter) {
               return filter.name == "status" || filter.name == "exited";
             });
  std::vector<std::string> problems;
  std::vector<engine::Container> out;
  for (engine::Container& container : TRY(engine::list(engine, &problems))) {
    if ((!all && !container.is_running()) || !passes(container, filters) ||
        (before && container.record.created >= *before) || (since && container.record.created <= *since))
      continue;
    if (last > 0 && out.size() == static_cast<std::size_t>(last))
      break;
    out.push_back(std::move(container));
  }
  for (const std::string& problem : problems)
    warn(call, problem);
  return out;
}

Result<int> run(const Call& call) {
  engine::Engine engine = TRY(engine_as_root(call));
  bool whole = call.arguments.on("no-trunc");
  std::vector<Json> rows;
  std::int64_t now = phial::now();
  for (const engine::Container& container : TRY(chosen(call, engine)))
    rows.push_back(row_of(container, whole, now));
  std::string_view format = call.arguments.last("format").value_or("");
  if (call.arguments.on("quiet") && (format.empty() || format == "table"))
    format = "{{.ID}}";
  print(TRY(format_rows(format, kUsual, kColumns, rows)));
  return 0;
}

} // namespace

constexpr Verb kPs = {
    .name = "ps",
    .group = Group::watch,
    .summary = "List containers",
    .description =
        "Those that run, the youngest first; -a shows them all. Whether one runs is asked of the kernel each "
        "time.\n\nFields for --format: .ID .Names .Image .Command .CreatedAt .RunningFor .State .Status .Ports "
        ".Labels .Mounts .Networks .LocalVolumes .Size",
    .most = 0,
    .options = {.own = kOptions},
    .examples = kExamples,
    .noun = "container",
    .noun_names = kNames,
    .run = run,
};

} // namespace phial::cli
