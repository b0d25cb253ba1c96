// `phial images`: which images there are.
#include "base/clock.hpp"
#include "base/text.hpp"
#include "cli/format.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/verbs/all.hpp"
#include "image/reference.hpp"

#include <algorithm>

namespace phial::cli {

namespace {

constexpr Option kOptions[] = {
    {.name = "all", .letter = 'a', .help = "All of them; the same as without, as there are no intermediate ones"},
    {.name = "digests", .help = "Show digests"},
    {.name = "filter",
     .letter = 'f',
     .value = "NAME=VALUE",
     .help = "Only those with this reference, dangling, label, before or since",
     .repeatable = true},
    kRowsFormatOption,
    {.name = "no-trunc", .help = "Do not shorten ids"},
    {.name = "quiet", .letter = 'q', .help = "Print ids only"},
};

constexpr std::string_view kNames[] = {"ls", "list"};

constexpr Example kExamples[] = {
    {"images", "all images"},
    {"images --format '{{.Repository}}:{{.Tag}} {{.Size}}'", "names and sizes"},
    {"images -qf dangling=true", "the ids of those without a name"},
};

constexpr Column kColumns[] = {
    {"Repository", "REPOSITORY"},
    {"Tag", "TAG"},
    {"Digest", "DIGEST"},
    {"ID", "IMAGE ID"},
    {"CreatedSince", "CREATED"},
    {"CreatedAt", "CREATED AT"},
    {"Size", "SIZE"},
    {"Containers", "CONTAINERS"},
    {"SharedSize", "SHARED SIZE"},
    {"UniqueSize", "UNIQUE SIZE"},
    {"VirtualSize", "SIZE"},
};

constexpr std::string_view kUsual = "{{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}";
constexpr std::string_view kWithDigests =
    "{{.Repository}}\t{{.Tag}}\t{{.Digest}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}";

struct Named {
  const image::Image* image;
  std::string repository;
  std::string tag;
};

// One row a name; an image without any is one row of <none>.
std::vector<Named> names_of(const image::Image& image) {
  std::vector<Named> out;
  for (const std::string& name : image.names) {
    std::size_t colon = name.rfind(':');
    bool tagged = colon != std::string::npos && name.find('/', colon) == std::string::npos;
    out.push_back({&image, name.substr(0, tagged ? colon : name.size()), tagged ? name.substr(colon + 1) : "<none>"});
  }
  if (out.empty())
    out.push_back({&image, "<none>", "<none>"});
  return out;
}

Json row_of(const Named& named, bool whole, std::int64_t now) {
  const image::Image& image = *named.image;
  // 1970 says: packed so that it is the same wherever it is packed.
  std::int64_t created = phial::parse_time(image.created).value_or(0);
  Json row = Json::object();
  row.set("Containers", "N/A")
      .set("CreatedAt", created != 0 ? list_time(created) : "N/A")
      .set("CreatedSince", created != 0 ? phial::human_duration(now - created) + " ago" : "N/A")
      .set("Digest", image.manifest ? image.manifest.text() : "<none>")
      .set("ID", whole ? image.id.text() : image.id.short_text())
      .set("Repository", named.repository)
      .set("SharedSize", "N/A")
      .set("Size", format_size(image.size))
      .set("Tag", named.tag)
      .set("UniqueSize", "N/A")
      .set("VirtualSize", format_size(image.size));
  return row;
}

// A shell pattern with * and ? over a name.
bool glob(std::string_view pattern, std::string_view text) {
  if (pattern.empty())
    return text.empty();
  if (pattern[0] == '*')
    return glob(pattern.substr(1), text) || (!text.empty() && glob(pattern, text.substr(1)));
  return !text.empty() && (pattern[0] == '?' || pattern[0] == text[0]) && glob(pattern.substr(1), text.substr(1));
}

bool name_matches(const Named& named, std::string_view wanted) {
  return glob(wanted, named.repository) || glob(wanted, named.repository + ":" + named.tag);
}

struct Choice {
  std::vector<Filter> filters;
  std::string_view name; // the word, or empty
  std::string before;
  std::string since;

  [[nodiscard]] bool takes(const Named& named) const {
    const image::Image& image = *named.image;
    return (name.empty() || name_matches(named, name)) &&
           any_passes(filters, "reference", [&](std::string_view value) { return name_matches(named, value); }) &&
           all_pass(filters, "dangling",
                    [&](std::string_view value) { return (value == "true" || value == "1") == image.names.empty(); }) &&
           (before.empty() || image.created < before) && (since.empty() || image.created > since);
  }
};

Result<Choice> choice_of(const Call& call, const engine::Engine& engine) {
  Choice choice;
  choice.filters = TRY(read_filters(call.arguments, "reference|dangling|label|before|since"));
  if (!call.arguments.words.empty())
    choice.name = call.arguments.words[0];
  for (const Filter& filter : choice.filters) {
    if (filter.name == "before")
      choice.before = TRY(find_image(engine, filter.value), "--filter before").created;
    if (filter.name == "since")
      choice.since = TRY(find_image(engine, filter.value), "--filter since").created;
  }
  return choice;
}

Result<bool> has_labels(const image::Store& store, const image::Image& image, const std::vector<Filter>& filters) {
  if (std::ranges::none_of(filters, [](const Filter& filter) { return filter.name == "label"; }))
    return true;
  image::ImageConfig config = TRY(image::image_config(store, image));
  return all_pass(filters, "label", [&](std::string_view value) { return label_matches(config.labels, value); });
}

Result<int> run(const Call& call) {
  engine::Engine engine = TRY(engine_of(call));
  image::Store store{engine.root};
  Choice choice = TRY(choice_of(call, engine));
  bool whole = call.arguments.on("no-trunc");
  bool quiet = call.arguments.on("quiet");
  std::vector<Json> rows;
  std::int64_t now = phial::now();
  for (const image::Image& image : TRY(image::list_images(store))) {
    if (!TRY(has_labels(store, image, choice.filters)))
      continue;
    for (const Named& named : names_of(image))
      if (choice.takes(named)) {
        rows.push_back(row_of(named, whole, now));
        if (quiet)
          break; // an id once, however many names it has
      }
  }
  std::string_view format = call.arguments.last("format").value_or("");
  if (quiet && (format.empty() || format == "table"))
    format = "{{.ID}}";
  std::string_view usual = call.arguments.on("digests") ? kWithDigests : kUsual;
  print(TRY(format_rows(format, usual, kColumns, rows)));
  return 0;
}

} // namespace

constexpr Verb kImages = {
    .name = "images",
    .group = Group::image,
    .summary = "List images",
    .description =
        "The newest first, one line a name.\n\nFields for --format: .Repository .Tag .ID .Digest .CreatedSince "
        ".CreatedAt .Size",
    .usage = "[NAME[:TAG]]",
    .most = 1,
    .words = Offer::image,
    .options = {.own = kOptions},
    .examples = kExamples,
    .noun = "image",
    .noun_names = kNames,
    .run = run,
};

} // namespace phial::cli
