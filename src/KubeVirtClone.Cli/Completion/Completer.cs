using System.CommandLine;
using System.CommandLine.Completions;
using System.CommandLine.Parsing;

namespace KubeVirtClone.Cli.Completion;

/// <summary>
/// Answers <c>__complete WORD ... TYPED</c> in the form that kubectl's plugins agree on: a candidate a line, with a tab before its
/// description, then ":" and what the shell may do beside it.
/// </summary>
internal static class Completer
{
    /// <summary>First word of a command line that asks what could come next.</summary>
    public const string Word = "__complete";

    /// <summary>The shell may offer files where there is no candidate.</summary>
    private const int Files = 0;

    /// <summary>The shell must add no blank: there is more to type in this word.</summary>
    private const int NoSpace = 2;

    /// <summary>The shell must not offer files.</summary>
    private const int NoFiles = 4;

    public static async Task<int> RunAsync(IReadOnlyList<string> words, CliConsole console, Interruption interruption)
    {
        var typed = words.Count > 0 ? words[^1] : "";
        var (candidates, directive) = await OfferAsync([.. words.Take(words.Count - 1)], typed, console, interruption);
        foreach (var candidate in candidates)
        {
            // A description is one line; whatever else a server put there would be taken for candidates.
            var text = candidate.Description.ReplaceLineEndings(" ").Replace('\t', ' ');
            await console.Output.WriteLineAsync(text.Length == 0 ? candidate.Value : $"{candidate.Value}\t{text}");
        }

        await console.Output.WriteLineAsync($":{directive}");
        return ExitCode.Success;
    }

    private static async Task<(IReadOnlyList<Candidate> Candidates, int Directive)> OfferAsync(
        string[] before, string typed, CliConsole console, Interruption interruption)
    {
        var globals = new GlobalOptions();
        var root = CommandTree.Build(globals, new CommandRunner(console, interruption));
        var parsed = Parse(root, before);
        var options = Options(parsed.CommandResult);
        var afterDashes = before.Contains("--", StringComparer.Ordinal);
        var pending = afterDashes ? null : Pending(before, options);

        // An option whose value is still being typed says nothing yet of where to look.
        var names = new ClusterNames(() => ConnectionArguments.Bind(pending is null ? parsed : Parse(root, before[..^1]), globals), interruption.Token);
        if (pending is not null)
            return await ValuesAsync(pending, prefix: "", typed, names);
        if (!afterDashes && typed.StartsWith("--", StringComparison.Ordinal) && typed.IndexOf('=', StringComparison.Ordinal) is > 0 and var end)
        {
            return Find(options, typed[..end]) is { } named && TakesValue(named)
                ? await ValuesAsync(named, prefix: typed[..(end + 1)], typed[(end + 1)..], names)
                : ([], NoFiles);
        }

        if (!afterDashes && typed.StartsWith('-'))
            return (Match(options.Select(o => new Candidate(o.Name, o.Description ?? "")), typed), NoFiles);

        var command = parsed.CommandResult.Command;
        var offered = new List<Candidate>(command.Subcommands.Where(c => !c.Hidden).Select(c => new Candidate(c.Name, c.Description ?? "")));
        foreach (var argument in command.Arguments)
            offered.AddRange(argument.GetCompletions(CompletionContext.Empty).Select(c => new Candidate(c.Label, "")));
        if (CompletedNames.OfArgument(HelpText.CommandPath(parsed), parsed.CommandResult) is { } kind)
            offered.AddRange(await names.ListAsync(kind));

        // Nobody names one thing twice.
        return (Match(offered.Where(c => !before.Contains(c.Value, StringComparer.Ordinal)), typed), NoFiles);
    }

    private static async Task<(IReadOnlyList<Candidate> Candidates, int Directive)> ValuesAsync(Option option, string prefix, string typed, ClusterNames names)
    {
        if (CompletedNames.IsFile(option))
            return ([], Files);
        var known = option.GetCompletions(CompletionContext.Empty).Select(c => new Candidate(c.Label, ""));
        var listed = CompletedNames.OfOption(option) is { } kind ? await names.ListAsync(kind) : [];
        var matches = Match([.. known, .. listed], typed);
        return ([.. matches.Select(c => c with { Value = prefix + c.Value })], prefix.Length > 0 && matches.Count > 1 ? NoFiles | NoSpace : NoFiles);
    }

    private static ParseResult Parse(RootCommand root, string[] words) =>
        root.Parse(ArgumentNormalizer.Normalize(words), new ParserConfiguration { ResponseFileTokenReplacer = null });

    /// <summary>The option whose value is being typed.</summary>
    private static Option? Pending(string[] before, IReadOnlyList<Option> options) =>
        before.Length > 0 && before[^1].StartsWith('-') && Find(options, before[^1]) is { } option && TakesValue(option) ? option : null;

    private static bool TakesValue(Option option) => option.Arity.MinimumNumberOfValues > 0;

    private static Option? Find(IReadOnlyList<Option> options, string name) =>
        options.FirstOrDefault(o => o.Name == name || o.Aliases.Contains(name));

    private static List<Option> Options(CommandResult result)
    {
        var options = new List<Option>(result.Command.Options);
        for (var above = result.Parent as CommandResult; above is not null; above = above.Parent as CommandResult)
            options.AddRange(above.Command.Options.Where(o => o.Recursive));
        return [.. options.Where(o => !o.Hidden && o is not System.CommandLine.VersionOption).DistinctBy(o => o.Name)];
    }

    private static List<Candidate> Match(IEnumerable<Candidate> candidates, string typed) =>
        [.. candidates.Where(c => c.Value.StartsWith(typed, StringComparison.Ordinal)).DistinctBy(c => c.Value).OrderBy(c => c.Value, StringComparer.Ordinal)];
}

/// <summary>One thing that could come next.</summary>
/// <param name="Value">What would be typed.</param>
/// <param name="Description">What shells show beside it; empty for none.</param>
internal sealed record Candidate(string Value, string Description);
