#include "image/load.hpp"

#include "base/text.hpp"
#include "image/archive.hpp"
#include "image/commit.hpp"
#include "image/layer.hpp"
#include "image/oci_layout.hpp"

#include <algorithm>

namespace phial::image {

namespace {

constexpr int kIndexDepth = 4;

std::string blob_name(const Digest& digest) {
  return "blobs/sha256/" + digest.hex;
}

// A layer of an image that is being loaded: where its bytes are, and what they must be.
struct Part {
  std::string file;
  LayerExpectation expected;
};

struct Plan {
  NewImage image;
  std::vector<Part> layers;
  bool needs_manifest = false; // a docker-archive has none: it is made once the layers are known
};

class Loader {
public:
  Loader(const Store& store, Staging& staging, const Archive& archive, Platform wanted, const LoadOptions& options)
      : store_(store), staging_(staging), archive_(archive), wanted_(std::move(wanted)), options_(options) {}

  Result<std::vector<LoadedImage>> load_layout();
  Result<std::vector<LoadedImage>> load_docker();

private:
  Result<std::vector<Descriptor>> choose_all(const std::string& text, const std::string& label, int depth);
  Result<std::string> blob(const Descriptor& descriptor, std::size_t limit);
  Result<LoadedImage> load_manifest(const Descriptor& descriptor);
  Result<LoadedImage> load_docker_image(const Json& item);
  Result<LoadedImage> bring_in(Plan plan);
  void say(const std::string& line) const {
    if (options_.progress)
      options_.progress(line);
  }

  const Store& store_;
  Staging& staging_;
  const Archive& archive_;
  Platform wanted_;
  const LoadOptions& options_;
};

// A name from an annotation. Some writers put a bare tag there, which names nothing.
Result<std::vector<Reference>> names_from(const std::string& text) {
  if (text.empty() || text == "latest")
    return std::vector<Reference>();
  Reference reference = TRY(parse_reference(text));
  reference.digest = {};
  if (reference.tag.empty())
    return std::vector<Reference>();
  return std::vector<Reference>{std::move(reference)};
}

Result<std::string> Loader::blob(const Descriptor& descriptor, std::size_t limit) {
  std::string name = blob_name(descriptor.digest);
  std::string bytes = TRY(archive_.read(name, limit));
  if (bytes.size() != descriptor.size)
    return fail(Kind::input, archive_.label() + ": " + name + " has " + std::to_string(bytes.size()) +
                                 " bytes, and was announced with " + std::to_string(descriptor.size));
  if (Digest is = digest_of(bytes); is != descriptor.digest)
    return fail(Kind::input, archive_.label() + ": " + name + " has the digest " + is.text(),
                "the archive was damaged or changed; get it again");
  return bytes;
}

// The manifests to load, through nested indexes; a name goes down to what it names.
Result<std::vector<Descriptor>> Loader::choose_all(const std::string& text, const std::string& label, int depth) {
  if (depth > kIndexDepth)
    return fail(Kind::input, archive_.label() + ": indexes are nested too deeply");
  std::vector<Descriptor> out;
  for (const Descriptor& one :
       TRY(choose(TRY(parse_index(text, label)), wanted_, options_.platform.empty()), archive_.label())) {
    if (!is_index(one.media_type)) {
      out.push_back(one);
      continue;
    }
    std::string nested = TRY(blob(one, kManifestLimit));
    for (Descriptor& below : TRY(choose_all(nested, blob_name(one.digest), depth + 1))) {
      if (!one.name.empty())
        below.name = one.name;
      out.push_back(std::move(below));
    }
  }
  return out;
}

Result<LoadedImage> Loader::load_manifest(const Descriptor& descriptor) {
  if (!is_manifest(descriptor.media_type))
    return fail(Kind::unsupported, archive_.label() + ": a manifest of type \"" + descriptor.media_type + "\"");
  Plan plan;
  plan.image.manifest_text = TRY(blob(descriptor, kManifestLimit));
  Manifest manifest =
      TRY(parse_manifest(plan.image.manifest_text, blob_name(descriptor.digest), descriptor.media_type));
  plan.image.config_text = TRY(blob(manifest.config, kConfigLimit));
  plan.image.names = TRY(names_from(descriptor.name), archive_.label());
  for (const Descriptor& layer : manifest.layers)
    plan.layers.push_back({blob_name(layer.digest), {std::nullopt, layer.digest}});
  return bring_in(std::move(plan));
}

Result<std::vector<LoadedImage>> Loader::load_layout() {
  std::vector<LoadedImage> out;
  std::string index = TRY(archive_.read("index.json", kManifestLimit));
  for (const Descriptor& one : TRY(choose_all(index, "index.json", 0)))
    out.push_back(TRY(load_manifest(one)));
  return out;
}

// The digest that a config's file name promises: HEX.json, or blobs/sha256/HEX.
std::optional<Digest> promised_digest(std::string_view file) {
  std::size_t slash = file.rfind('/');
  std::string_view stem = slash == std::string_view::npos ? file : file.substr(slash + 1);
  if (stem.ends_with(".json"))
    stem.remove_suffix(5);
  Result<Digest> digest = parse_digest("sha256:" + std::string(stem));
  return digest ? std::optional(*digest) : std::nullopt;
}

Result<LoadedImage> Loader::load_docker_image(const Json& item) {
  std::string config = item.string_or("Config");
  if (config.empty())
    return fail(Kind::input, archive_.label() + ": manifest.json has an image without a Config");
  Plan plan;
  plan.needs_manifest = true;
  plan.image.config_text = TRY(archive_.read(config, kConfigLimit));
  std::optional<Digest> promised = promised_digest(config);
  if (Digest is = digest_of(plan.image.config_text); promised && *promised != is)
    return fail(Kind::input, archive_.label() + ": " + config + " has the digest " + is.text(),
                "the archive was damaged or changed; get it again");
  for (const std::string& name : item.strings_of("RepoTags"))
    for (Reference& reference : TRY(names_from(name), archive_.label()))
      plan.image.names.push_back(std::move(reference));
  for (const std::string& layer : item.strings_of("Layers"))
    plan.layers.push_back({layer, {}});
  return bring_in(std::move(plan));
}

Result<std::vector<LoadedImage>> Loader::load_docker() {
  std::string text = TRY(archive_.read("manifest.json", kManifestLimit));
  Json json = TRY(parse_json(text, "manifest.json"), archive_.label());
  if (!json.is_array() || json.size() == 0)
    return fail(Kind::input, archive_.label() + ": manifest.json is not a list of images");
  std::vector<LoadedImage> out;
  for (const Json& item : json.items())
    out.push_back(TRY(load_docker_image(item)));
  return out;
}

// Unpacks what the store does not have yet, then records the image.
Result<LoadedImage> Loader::bring_in(Plan plan) {
  Digest id = digest_of(plan.image.config_text);
  ImageConfig config = TRY(parse_config(plan.image.config_text, "config " + id.short_text()), archive_.label());
  if (config.diff_ids.size() != plan.layers.size())
    return fail(Kind::input, archive_.label() + ": the image has " + std::to_string(plan.layers.size()) +
                                 " layers, and its configuration names " + std::to_string(config.diff_ids.size()));
  TRY(staging_.want(config.diff_ids));
  std::vector<Descriptor> described;
  for (std::size_t i = 0; i < plan.layers.size(); ++i) {
    const Digest& diff_id = config.diff_ids[i];
    Archive::Member member = TRY(archive_.member(plan.layers[i].file));
    described.push_back({"application/vnd.oci.image.layer.v1.tar", diff_id, member.size, "", std::nullopt, false});
    if (TRY(find_layer(store_, diff_id))) {
      say("Layer " + diff_id.short_text() + ": already there");
      continue;
    }
    say("Layer " + diff_id.short_text() + ": unpacking " + format_size(member.size));
    LayerExpectation expected = plan.layers[i].expected;
    expected.diff_id = diff_id;
    std::span<const Digest> below(config.diff_ids.data(), i);
    UnpackedLayer layer =
        TRY(unpack_layer(store_, staging_, *member.source, expected, below),
            archive_.label() + ": layer " + std::to_string(i + 1) + " of " + std::to_string(plan.layers.size()));
    described.back().size = layer.tar_size;
    if (layer.layer.skipped > 0)
      say("Layer " + diff_id.short_text() + ": left out " + std::to_string(layer.layer.skipped) +
          " devices or attributes that could not be made here");
  }
  if (plan.needs_manifest)
    plan.image.manifest_text = manifest_text(
        {"application/vnd.oci.image.config.v1+json", id, plan.image.config_text.size(), "", std::nullopt, false},
        described);
  LoadedImage out;
  out.image = TRY(commit_image(store_, staging_, plan.image));
  for (const Reference& name : plan.image.names)
    out.names.push_back(name.familiar());
  return out;
}

} // namespace

Result<std::vector<LoadedImage>> load_archive(const Store& store, const std::string& path, const LoadOptions& options) {
  Platform wanted = options.platform.empty() ? host_platform() : TRY(parse_platform(options.platform));
  Staging staging = TRY(Staging::open(store));
  Archive archive = TRY(Archive::open(path, staging, options.progress));
  Loader loader(store, staging, archive, std::move(wanted), options);
  if (archive.has("index.json") && archive.has("oci-layout"))
    return loader.load_layout();
  if (archive.has("manifest.json"))
    return loader.load_docker();
  if (archive.has("repositories"))
    return fail(Kind::unsupported, archive.label() + " is a docker-archive from before docker 1.10",
                "load it with docker or podman once, and save it again");
  return fail(Kind::input, archive.label() + " is neither an OCI archive nor a docker-archive",
              "a root file system becomes an image with phial import");
}

} // namespace phial::image
