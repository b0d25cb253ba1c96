// `phial inspect`: all that is known of containers and images, as docker's documents.
#include "base/json.hpp"
#include "cli/format.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/verbs/all.hpp"

namespace phial::cli {

namespace {

constexpr Option kOptions[] = {
    kFormatOption,
    {.name = "type",
     .value = "TYPE",
     .help = "Look for this only",
     .fallback = "container, then image",
     .choices = "container|image"},
};

constexpr Option kImageOptions[] = {kFormatOption};

constexpr Example kExamples[] = {
    {"inspect web", "everything, as JSON"},
    {"inspect -f '{{.State.Pid}}' web", "one field"},
    {"inspect -f '{{json .HostConfig}}' web", "a part of it as JSON"},
};

Result<Json> inspect_container(const engine::Engine& engine, std::string_view word) {
  std::string text = TRY(engine::inspect(engine, word));
  return parse_json(text, "inspect");
}

Result<Json> inspect_image(const engine::Engine& engine, std::string_view word) {
  image::Image image = TRY(find_image(engine, word));
  return image::inspect_image({engine.root}, image);
}

Result<Json> inspect_any(const engine::Engine& engine, std::string_view word, std::string_view type) {
  if (type == "image")
    return inspect_image(engine, word);
  Result<Json> container = inspect_container(engine, word);
  if (container || type == "container" || container.error().kind != Kind::not_found)
    return container;
  Result<Json> image = inspect_image(engine, word);
  if (!image && image.error().kind == Kind::not_found)
    return fail(Kind::not_found, "no container and no image is called \"" + std::string(word) + "\"",
                "'phial ps -a' and 'phial images' list them");
  return image;
}

Result<int> inspect_words(const Call& call, std::string_view type) {
  engine::Engine engine = TRY(engine_of(call));
  std::optional<std::string_view> format = call.arguments.last("format");
  std::string out;
  Json all = Json::array();
  int status = for_each_word(call, [&](std::string_view word) -> Result<> {
    Json value = TRY(inspect_any(engine, word, type));
    if (format && *format != "json")
      out += TRY(format_one(*format, value));
    else
      all.push(std::move(value));
    return {};
  });
  if (!format)
    out = to_text(all, 4) + "\n";
  else if (*format == "json")
    out = to_text(all) + "\n";
  print(out);
  return status;
}

Result<int> run(const Call& call) {
  std::string_view type = call.arguments.last("type").value_or(call.noun);
  if (!type.empty() && type != "container" && type != "image")
    return fail(Kind::usage, "--type: \"" + std::string(type) + "\" is not known here: expected container or image");
  return inspect_words(call, type);
}

Result<int> run_image(const Call& call) {
  return inspect_words(call, "image");
}

} // namespace

constexpr Verb kInspect = {
    .name = "inspect",
    .group = Group::watch,
    .summary = "Print all that is known of containers and images",
    .usage = "NAME...",
    .least = 1,
    .words = Offer::any_object,
    .options = {.own = kOptions},
    .examples = kExamples,
    .noun = "container",
    .run = run,
};

constexpr Verb kImageInspect = {
    .name = "inspect",
    .group = Group::image,
    .summary = "Print all that is known of images",
    .usage = "IMAGE...",
    .least = 1,
    .words = Offer::image,
    .options = {.own = kImageOptions},
    .noun = "image",
    .noun_only = true,
    .run = run_image,
};

} // namespace phial::cli
