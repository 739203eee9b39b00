using System.Collections.Concurrent;
using KubeVirtClone.Engine.Knowledge.Identity;
using KubeVirtClone.Engine.Knowledge.Machines;

namespace KubeVirtClone.Engine.Planning;

/// <summary>
/// Turns the requests of a batch into what is sent, by what the source is; what they have in common is worked out once. Done again when the source is known
/// better: as it was snapshotted.
/// </summary>
/// <param name="batch">Batch id.</param>
/// <param name="macs">Source of addresses, when any are to be made.</param>
/// <param name="types">Which instance types and preferences there are, of those that are asked for.</param>
internal sealed class CloneCompiler(string batch, MacPool? macs, KnownTypes types)
{
    private readonly ConcurrentDictionary<Key, CompiledWishes> _compiled = new();
    private readonly ConcurrentDictionary<(string Namespace, string Kind, string Name), int> _ordinals = new();

    /// <summary>The request with its names, checked as far as it can be without its source; requests without a target name are numbered by source, in the order they come.</summary>
    public CheckedRequest Name(CloneRequest asked)
    {
        var ordinal = string.IsNullOrEmpty(asked.TargetName) ? _ordinals.AddOrUpdate((asked.Namespace, asked.SourceKind, asked.SourceName), 0, static (_, last) => last + 1) : 0;
        return RequestRules.Complete(asked, batch, ordinal, _compiled.GetOrAdd(new Key(Alone: true, Source: null, asked), _ => CompiledWishes.Of(asked, sourceHasFirmware: null)));
    }

    /// <summary>The request as it is sent.</summary>
    /// <param name="named">What <see cref="Name(CloneRequest)"/> gave for it.</param>
    /// <param name="asked">The request.</param>
    /// <param name="source">The machine that is cloned; null when it cannot be read.</param>
    public CheckedRequest Compile(CheckedRequest named, CloneRequest asked, JsonObject? source)
    {
        if (named.Fault is not null)
            return named;
        var wishes = _compiled.GetOrAdd(new Key(Alone: false, source, asked), _ => CompiledWishes.For(asked, source, types));
        var warnings = named.Compiled is { } alone ? [.. named.Warnings.Except(alone.Warnings, StringComparer.Ordinal), .. wishes.Warnings] : wishes.Warnings;
        try
        {
            return wishes.FillIn(named with { Warnings = warnings }, asked, macs, source);
        }
        catch (RequestFaultException e)
        {
            return named with { Warnings = warnings, Fault = e.ToFault(named.Request.DisplayName) };
        }
    }

    /// <summary>What decides how a request is compiled: its source, and all that is asked for but for what is each clone's own.</summary>
    private readonly record struct Key(bool Alone, JsonObject? Source, CloneRequest Asked)
    {
        public bool Equals(Key other) => Alone == other.Alone && ReferenceEquals(Source, other.Source) && Asked.SourceName == other.Asked.SourceName
            && CompiledWishes.NeedsEscapes(Asked.SmbiosSerial) == CompiledWishes.NeedsEscapes(other.Asked.SmbiosSerial)
            && RequestValues.Alike.Equals(Asked.Wishes, other.Asked.Wishes);

        public override int GetHashCode() => HashCode.Combine(Alone, Asked.SourceName, RequestValues.Alike.GetHashCode(Asked.Wishes));
    }
}
