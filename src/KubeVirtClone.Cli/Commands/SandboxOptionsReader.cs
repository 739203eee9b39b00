using System.Globalization;
using KubeVirtClone.Sandbox;
using KubeVirtClone.Sandbox.Seeding;

namespace KubeVirtClone.Cli.Commands;

/// <summary>From the command line of <c>sandbox</c> to what the sandbox takes.</summary>
internal static class SandboxOptionsReader
{
    /// <exception cref="UsageException">The profile or a fault is not one there is.</exception>
    public static SandboxOptions Read(SandboxInvocation invocation, TextReader? input = null)
    {
        var defaults = new SandboxOptions();
        return new SandboxOptions
        {
            Port = invocation.Port,
            Profile = invocation.Profile ?? defaults.Profile,
            VmCount = invocation.Vms,
            Objects = invocation.SeedFile is { } file ? SeedList.Parse(ReadSeed(file, input)) : [],
            Seeded = invocation.SeedFile is null,
            Pacing = invocation.Pacing,
            ClockFactor = invocation.ClockFactor ?? defaults.ClockFactor,
            Seed = invocation.Seed,
            Faults = [.. invocation.Faults.Select(ReadFault)],
        };
    }

    private static string ReadSeed(string file, TextReader? input)
    {
        try
        {
            return file == "-" ? input?.ReadToEnd() ?? "" : File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--seed-file {file}: {e.Message}", e);
        }
    }

    /// <summary>KIND[,key=value...], for example <c>too-many-requests,verb=create,resource=virtualmachineclones,count=3</c>.</summary>
    /// <exception cref="UsageException">A kind, key or value is not understood.</exception>
    public static Sandbox.Fault ReadFault(string text)
    {
        var parts = text.Split(',', StringSplitOptions.TrimEntries);
        var kind = parts[0].Replace("-", "", StringComparison.Ordinal);
        if (!Enum.GetNames<FaultKind>().Contains(kind, StringComparer.OrdinalIgnoreCase))
            throw new UsageException($"--fault {text}: no fault is called '{parts[0]}'; there are {string.Join(", ", Enum.GetNames<FaultKind>().Select(ToOption))}");
        var fault = new Sandbox.Fault { Kind = Enum.Parse<FaultKind>(kind, ignoreCase: true) };
        foreach (var part in parts.Skip(1))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
                throw new UsageException($"--fault {text}: '{part}' is not key=value");
            fault = With(fault, part[..equals], part[(equals + 1)..], text);
        }

        return fault;
    }

    private static Sandbox.Fault With(Sandbox.Fault fault, string key, string value, string text) => key switch
    {
        "id" => fault with { Id = value },
        "verb" => fault with { Verb = value },
        "resource" => fault with { Resource = value },
        "namespace" => fault with { Namespace = value },
        "name" => fault with { Name = value },
        "storage-class" => fault with { StorageClass = value },
        "count" => fault with { Count = WholeNumber(value, text) },
        "after-events" => fault with { AfterEvents = WholeNumber(value, text) },
        "retry-after" => fault with { RetryAfterSeconds = WholeNumber(value, text) },
        "latency" when Durations.TryParse(value, out var latency) => fault with { Latency = latency },
        "probability" when double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) && share is > 0 and <= 1
            => fault with { Probability = share },
        "latency" or "probability" => throw new UsageException($"--fault {text}: '{value}' is no value for {key}"),
        _ => throw new UsageException(
            $"--fault {text}: no key is called '{key}'; there are id, verb, resource, namespace, name, storage-class, count, probability, latency, "
            + "retry-after, after-events"),
    };

    private static int WholeNumber(string value, string text) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new UsageException($"--fault {text}: '{value}' is not a whole number");

    /// <summary>"TooManyRequests" as "too-many-requests".</summary>
    private static string ToOption(string name) =>
        string.Concat(name.Select((c, i) => char.IsAsciiLetterUpper(c) ? (i == 0 ? "" : "-") + char.ToLowerInvariant(c) : c.ToString()));
}
