// `phial tag`: one more name for an image.
#include "cli/session.hpp"
#include "cli/verbs/all.hpp"

namespace phial::cli {

namespace {

constexpr Example kExamples[] = {
    {"tag busybox tools:1", "busybox is also tools:1"},
};

Result<int> run(const Call& call) {
  engine::Engine engine = TRY(engine_of(call));
  image::Image image = TRY(find_image(engine, call.arguments.words[0]));
  TRY(image::tag_image({engine.root}, image, call.arguments.words[1]));
  return 0;
}

} // namespace

constexpr Verb kTag = {
    .name = "tag",
    .group = Group::image,
    .summary = "Give an image one more name",
    .usage = "IMAGE NAME[:TAG]",
    .least = 2,
    .most = 2,
    .words = Offer::image,
    .examples = kExamples,
    .noun = "image",
    .run = run,
};

} // namespace phial::cli
