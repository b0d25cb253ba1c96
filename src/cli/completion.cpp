#include "cli/completion.hpp"

namespace phial::cli {

using commandline::offer_here;
using commandline::offer_word;
using commandline::Place;
using commandline::walk;

namespace {

void offer_verbs(Completion& out) {
  for (const Verb* verb : all_verbs())
    if (verb->group != Group::hidden && !verb->noun_only)
      offer_word(out, verb->name, verb->summary);
  for (const Noun& noun : all_nouns())
    offer_word(out, noun.name, noun.summary);
}

void offer_noun(Completion& out, std::string_view noun) {
  for (const Verb* verb : all_verbs())
    if (verb->noun == noun)
      offer_word(out, noun_names(*verb)[0], verb->summary);
}

} // namespace

Completion complete(std::span<const std::string_view> words) {
  Completion out;
  if (words.empty())
    return out;
  out.typed = words.back();
  Options globals = global_options();
  Place before = walk(globals, words, true);
  if (before.words == 0) {
    offer_here(out, globals, before, Offer::verb);
    if (out.offer == Offer::verb)
      offer_verbs(out);
    return out;
  }
  std::span<const std::string_view> rest = words.subspan(before.next);
  // `explain` is followed by another verb's whole command line.
  if (rest[0] == "explain") {
    Result<Found> explain = find_verb(rest);
    Place inner = explain && explain->verb != nullptr ? walk(explain->verb->options, rest.subspan(1), true) : Place{};
    if (inner.words > 0)
      rest = rest.subspan(1 + inner.next);
  }
  Result<Found> found = find_verb(rest.first(rest.size() - 1));
  if (!found)
    return out;
  if (found->verb == nullptr) {
    offer_noun(out, found->noun);
    return out;
  }
  const Verb& verb = *found->verb;
  Place place = walk(verb.options, rest.subspan(found->used), verb.stop_at_word);
  bool past = place.words > 0 && (verb.stop_at_word || place.words >= verb.most);
  offer_here(out, verb.options, place, past ? (verb.stop_at_word ? Offer::file : Offer::nothing) : verb.words);
  if (out.offer == Offer::verb)
    offer_verbs(out);
  return out;
}

} // namespace phial::cli
