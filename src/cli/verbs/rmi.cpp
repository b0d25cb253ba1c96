// `phial rmi`: take images away; `phial image prune`: those that nobody uses.
#include "base/text.hpp"
#include "cli/output.hpp"
#include "cli/session.hpp"
#include "cli/verbs/all.hpp"

namespace phial::cli {

namespace {

constexpr Option kOptions[] = {
    {.name = "force",
     .letter = 'f',
     .help = "Remove every name of an id, and names that a stopped container's image has"},
    {.name = "no-prune", .help = "Accepted for docker's sake: layers go with the last image that has them"},
};

constexpr Option kPruneOptions[] = {
    {.name = "all", .letter = 'a', .help = "Every image that no container uses, not only those without a name"},
    {.name = "force", .letter = 'f', .help = "Accepted for docker's sake: nothing is asked"},
};

constexpr std::string_view kNames[] = {"rm", "remove"};

// What remove_image must know of the containers.
Result<std::vector<image::UsedImage>> used_images(const engine::Engine& engine) {
  std::vector<image::UsedImage> out;
  for (const engine::Container& container : TRY(engine::list(engine)))
    out.push_back({container.record.image_id, container.name, container.is_running()});
  return out;
}

std::string removed_text(const image::Removed& removed) {
  std::string out;
  for (const std::string& name : removed.untagged)
    out += "Untagged: " + name + "\n";
  for (const std::string& id : removed.deleted)
    out += "Deleted: " + id + "\n";
  return out;
}

Result<int> run(const Call& call) {
  engine::Engine engine = TRY(engine_of(call));
  image::RemoveOptions options;
  options.force = call.arguments.on("force");
  options.used = [&engine] { return used_images(engine); };
  return for_each_word(call, [&](std::string_view word) -> Result<> {
    image::Removed removed = TRY(image::remove_image({engine.root}, word, options));
    print(removed_text(removed));
    return {};
  });
}

Result<int> prune(const Call& call) {
  engine::Engine engine = TRY(engine_of(call));
  image::UsedImages used = [&engine] { return used_images(engine); };
  image::Removed removed = TRY(image::prune_images({engine.root}, call.arguments.on("all"), used));
  print(removed_text(removed) + "Total reclaimed space: " + format_size(removed.bytes) + "\n");
  return 0;
}

} // namespace

constexpr Verb kRmi = {
    .name = "rmi",
    .group = Group::image,
    .summary = "Remove images",
    .description = "A name is taken away, and with an image's last name the image. An image that a container was made "
                   "from stays until the container is gone.",
    .usage = "IMAGE...",
    .least = 1,
    .words = Offer::image,
    .options = {.own = kOptions},
    .noun = "image",
    .noun_names = kNames,
    .run = run,
};

constexpr Verb kImagePrune = {
    .name = "prune",
    .group = Group::image,
    .summary = "Remove images that nobody uses",
    .most = 0,
    .options = {.own = kPruneOptions},
    .noun = "image",
    .noun_only = true,
    .run = prune,
};

} // namespace phial::cli
