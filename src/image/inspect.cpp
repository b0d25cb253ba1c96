// What people and programs see of an image, in docker's shapes.
#include "image/layer.hpp"
#include "image/reference.hpp"

namespace phial::image {

Result<Json> inspect_image(const Store& store, const Image& image) {
  ImageConfig config = TRY(image_config(store, image));
  Json names = Json::array();
  Json digests = Json::array();
  for (const std::string& name : image.names) {
    names.push(name);
    if (Result<Reference> reference = parse_reference(name))
      digests.push(reference->familiar_name() + "@" + image.manifest.text());
  }
  Json layers = Json::array();
  for (const Digest& id : config.diff_ids)
    layers.push(id.text());
  Json directories = Json::object();
  std::vector<std::string> paths = TRY(layer_paths(store, image, config));
  std::string lower;
  for (std::size_t i = paths.size() - 1; i-- > 0;)
    lower += (lower.empty() ? "" : ":") + paths[i];
  if (!lower.empty())
    directories.set("LowerDir", lower);
  directories.set("UpperDir", paths.back());
  Json out = Json::object()
                 .set("Id", image.id.text())
                 .set("RepoTags", std::move(names))
                 .set("RepoDigests", std::move(digests))
                 .set("Parent", "")
                 .set("Comment", config.history.empty() ? "" : config.history.back().comment)
                 .set("Created", config.created)
                 .set("Author", config.author)
                 .set("Config", config_json(config))
                 .set("Architecture", config.platform.architecture);
  if (!config.platform.variant.empty())
    out.set("Variant", config.platform.variant);
  out.set("Os", config.platform.os)
      .set("Size", image.size)
      .set("GraphDriver", Json::object().set("Name", "overlay").set("Data", std::move(directories)))
      .set("RootFS", Json::object().set("Type", "layers").set("Layers", std::move(layers)))
      .set("Metadata", Json::object());
  return out;
}

Result<Json> image_history(const Store& store, const Image& image) {
  ImageConfig config = TRY(image_config(store, image));
  Json out = Json::array();
  std::size_t layer = config.diff_ids.size();
  for (auto it = config.history.rbegin(); it != config.history.rend(); ++it) {
    std::uint64_t size = 0;
    if (!it->empty_layer && layer > 0)
      if (std::optional<Layer> known = TRY(find_layer(store, config.diff_ids[--layer])))
        size = known->size;
    bool top = it == config.history.rbegin();
    out.push(Json::object()
                 .set("Id", top ? image.id.text() : "<missing>")
                 .set("Created", it->created)
                 .set("CreatedBy", it->created_by)
                 .set("Comment", it->comment)
                 .set("Size", size)
                 .set("Tags", top ? Json::strings(image.names) : Json()));
  }
  return out;
}

} // namespace phial::image
