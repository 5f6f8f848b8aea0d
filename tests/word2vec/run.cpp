// SPDX-License-Identifier: Apache-2.0
// All of the program but its main, on a text whose neighbours are known.
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "examples/support/error.hpp"
#include "experiment.hpp"
#include "planted_text.hpp"
#include "report.hpp"
#include "support/catch.hpp"
#include "support/temporary_file.hpp"

using namespace word2vec;
using hotrow::test::TemporaryFile;
using nlohmann::json;
using test::PlantedText;

namespace {

Corpus corpus_of(std::string const& text, std::int64_t min_count = 1, int hold_out = 20) {
    TemporaryFile const file(text);
    return read_corpus({.file = file.path(), .min_count = min_count, .hold_out = hold_out});
}

Options small_run() {
    Options options;
    options.pairs.subsample = 0;  // all its words are equally frequent
    options.epochs = 3;
    options.batch = 1024;
    options.threads = 2;
    options.quiet = true;
    return options;
}

// Times differ from run to run; nothing else may.
json figures_of(Options const& options, Corpus const& corpus) {
    auto figures = json::parse(to_json(options, corpus, run_experiment(options, corpus)));
    for (auto& setting : figures["settings"]) {
        for (auto& run : setting["runs"]) {
            run.erase("seconds");
            run.erase("words_per_second");
        }
    }
    return figures;
}

}  // namespace

TEST_CASE("planted neighbours are found with any rows, at nearly the same loss", "[word2vec]") {
    PlantedText const planted;
    auto const corpus = corpus_of(planted.text());
    auto options = small_run();
    options.neighbours = planted.companions + 1;
    for (int topic = 0; topic < planted.topics; ++topic) options.words.push_back(planted.twin(topic, 0));
    auto const outcome = run_experiment(options, corpus);

    REQUIRE(outcome.settings.size() == 3);
    double const fp32 = outcome.results[0][0].held_out_loss;
    CHECK(fp32 < 2.5);  // 6 log 2 = 4.16 at the start
    for (std::size_t setting = 0; setting < 3; ++setting) {
        int of_topic = 0, twins = 0;
        for (int topic = 0; topic < planted.topics; ++topic) {
            for (auto const& [word, cosine] : outcome.nearest[setting][static_cast<std::size_t>(topic)]) {
                auto const& text = corpus.vocabulary.words[static_cast<std::size_t>(word)];
                of_topic += text.starts_with(PlantedText::name(topic));
                twins += text == planted.twin(topic, 1);
            }
        }
        auto const& result = outcome.results[setting][0];
        INFO(outcome.settings[setting].label() << ", loss " << result.held_out_loss << ", fp32 " << fp32);
        CHECK(of_topic >= 0.98 * planted.topics * options.neighbours);
        CHECK(twins >= 0.98 * planted.topics);
        CHECK(std::abs(result.held_out_loss - fp32) < 0.003);
        CHECK(result.statistics.rejected_updates == 0);
        CHECK(result.held_out_pairs == outcome.results[0][0].held_out_pairs);
        CHECK(result.train_pairs == outcome.results[0][0].train_pairs);
    }
    CHECK(outcome.results[0][0].memory_ratio() == 1.0);
    CHECK(outcome.results[1][0].memory_ratio() == 2.0);
    CHECK(outcome.results[2][0].memory_ratio() > 3.0);
    CHECK(outcome.results[2][0].statistics.hit_rate() > 0.02);
}

TEST_CASE("same seed, same figures; also with another number of threads", "[word2vec]") {
    auto const corpus = corpus_of(PlantedText{.sentences = 1'000}.text());
    auto options = small_run();
    options.words = {"topicaaleft"};
    options.seeds = 2;
    auto const first = figures_of(options, corpus);
    CHECK(figures_of(options, corpus) == first);

    options.threads = 1;
    CHECK(figures_of(options, corpus)["settings"] == first["settings"]);

    options.threads = 2;
    options.seed = 2;
    options.seeds = 1;
    auto const second = figures_of(options, corpus);
    for (int i : {0, 1, 2}) {
        CHECK(second["settings"][i]["runs"][0] == first["settings"][i]["runs"][1]);  // the second seed of two
        CHECK(first["settings"][i]["runs"][0]["held_out_loss"] != first["settings"][i]["runs"][1]["held_out_loss"]);
    }
}

TEST_CASE("every kind of rows trains in every dim", "[word2vec]") {
    auto const corpus = corpus_of(PlantedText{.topics = 10, .sentences = 1'000}.text());
    auto options = small_run();
    options.rows = {Rows::fp16, Rows::int8, Rows::int4};
    for (int dim : {64, 128}) {
        for (double cache : {0.0, 0.05, 1.0}) {
            options.dim = dim;
            options.cache = cache;
            auto const outcome = run_experiment(options, corpus);
            for (std::size_t i = 0; i < outcome.settings.size(); ++i) {
                INFO("dim " << dim << ", " << outcome.settings[i].label());
                CHECK(outcome.results[i][0].held_out_loss < 4.0);
                CHECK(outcome.results[i][0].statistics.rejected_updates == 0);
            }
        }
    }
}

TEST_CASE("the table and the JSON say what was found", "[word2vec]") {
    auto const corpus = corpus_of(PlantedText{.topics = 10, .sentences = 500}.text());
    auto options = small_run();
    options.seeds = 2;
    options.words = {"TopicAAleft"};
    auto const outcome = run_experiment(options, corpus);
    auto const text = describe(corpus) + table(corpus, outcome);
    INFO(text);
    for (char const* part : {"80 different words", "475 sentences", "25 of 200 held out", "FP32", "FP16", "INT8 + 5 % cache", "held-out loss", "difference",
                             "memory ratio", "2.00 x", "hit rate", "no cache", "words/s", "2 seeds", "topicaaleft", "topicaa"}) {
        CHECK(text.find(part) != std::string::npos);
    }
    auto const figures = json::parse(to_json(options, corpus, outcome));
    CHECK(figures["settings"].size() == 3);
    auto const& int8 = figures["settings"][2];
    CHECK(int8["runs"].size() == 2);
    CHECK(int8["stored_row_bytes"].get<int>() + int8["cache_bytes"].get<int>() == int8["embedding_bytes"].get<int>());
    CHECK(int8["neighbours"]["topicaaleft"].size() == 5);
    double const difference = int8["runs"][1]["held_out_loss"].get<double>() - figures["settings"][0]["runs"][1]["held_out_loss"].get<double>();
    CHECK(2 * int8["difference"]["mean"].get<double>() - difference ==
          Approx(int8["runs"][0]["held_out_loss"].get<double>() - figures["settings"][0]["runs"][0]["held_out_loss"].get<double>()));
}

TEST_CASE("means and standard errors", "[word2vec]") {
    CHECK(mean_and_error({3.0}).mean == 3.0);
    CHECK(mean_and_error({3.0}).error == 0.0);
    CHECK(mean_and_error({1.0, 2.0, 3.0, 6.0}).mean == 3.0);
    CHECK(mean_and_error({1.0, 2.0, 3.0, 6.0}).error == Approx(std::sqrt(14.0 / 3.0 / 4.0)));
}

TEST_CASE("neighbours are sorted by cosine, and leave out the word itself", "[word2vec]") {
    std::vector<float> rows(4 * 16);
    rows[0] = 2.0f;                         // word 0
    rows[16] = 1.0f, rows[17] = 1.0f;       // word 1: half a right angle away
    rows[32] = -1.0f;                       // word 2: opposite
    Neighbours const neighbours(rows, 16);  // word 3 is zero: neither near nor far
    auto const nearest = neighbours.nearest(0, 10);
    REQUIRE(nearest.size() == 3);
    CHECK(nearest[0].word == 1);
    CHECK(nearest[0].cosine == Approx(std::sqrt(0.5)));
    CHECK(nearest[1].word == 3);
    CHECK(nearest[1].cosine == 0.0f);
    CHECK(nearest[2].word == 2);
    CHECK(nearest[2].cosine == Approx(-1.0));
    CHECK(neighbours.nearest(2, 1).size() == 1);
}

TEST_CASE("words that cannot be asked for are refused before training", "[word2vec]") {
    auto const corpus = corpus_of(PlantedText{.topics = 2, .sentences = 100}.text());
    auto const error_of = [&](std::string const& word) -> std::string {
        Options options = small_run();
        options.words = {word};
        try {
            queries_of(options, corpus);
        } catch (examples::UsageError const& error) { return error.what(); }
        return "no error";
    };
    CHECK(error_of("topicaaleft") == "no error");
    CHECK(error_of("TOPICAALEFT") == "no error");
    CHECK(error_of("king").find("--words king: does not occur 5 times") == 0);
    CHECK(error_of("two words").find("--words 'two words': is 2 words") == 0);
    CHECK(error_of("12").find("--words '12': is 0 words") == 0);
    CHECK(queries_of(small_run(), corpus).empty());  // none of the default ones
}

TEST_CASE("texts that give no pairs are refused", "[word2vec]") {
    auto options = small_run();
    auto const lonely = corpus_of("one\ntwo\none\ntwo\n", 1, 3);
    CHECK_THROWS_AS(train_and_test({}, 1, lonely, options), examples::DataError);
    auto const all_trained = corpus_of("one two\none two\n", 1, 50);
    CHECK_THROWS_AS(train_and_test({}, 1, all_trained, options), examples::DataError);
}
