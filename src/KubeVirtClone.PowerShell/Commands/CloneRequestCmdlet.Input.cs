using System.Collections;
using System.Globalization;
using System.Reflection;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Knowledge.Naming;
using KubeVirtClone.Engine.Knowledge.Rows;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>How what is given turns into requests.</summary>
public abstract partial class CloneRequestCmdlet
{
    private readonly List<CloneRequest> _requests = [];
    private readonly HashSet<object> _askedAgain = new(ReferenceEqualityComparer.Instance);
    private readonly RowReader _rows;
    private HashSet<string> _commandLine = [];
    private CloneNaming _naming = new(null, null, 1);
    private RuntimeDefinedParameterDictionary? _more;

    /// <summary>Reads rows.</summary>
    protected CloneRequestCmdlet() => _rows = new RowReader(WarnOnce);

    /// <summary>The clones asked for, in the order they were given; complete when the pipeline has ended. The namespace may still be empty.</summary>
    private protected IReadOnlyList<CloneRequest> Requests => _here ?? _requests;

    /// <summary>Whether something was given that says nothing about what to clone; it has been reported.</summary>
    private protected bool HasUnusableInput { get; private set; }

    /// <summary>Whether a parameter was given on the command line.</summary>
    private protected bool IsGiven(string parameter) => _commandLine.Contains(parameter);

    /// <summary>The requests, each with its namespace; the records they came from have it too.</summary>
    private protected List<CloneRequest> InNamespace(KubeVirtCluster cluster, IEnumerable<CloneRequest> requests)
    {
        var @namespace = NamespaceOrDefault(cluster);
        return [.. requests.Select(request =>
        {
            var placed = request.Namespace.Length > 0 ? request : request with { Namespace = @namespace };
            if (!string.IsNullOrEmpty(SourceNamespace))
                placed = placed with { Namespace = SourceNamespace, TargetNamespace = string.IsNullOrEmpty(placed.TargetNamespace) ? placed.Namespace : placed.TargetNamespace };
            if (request.Input is VMCloneRequest record) (record.Namespace, record.TargetNamespace) = (placed.Namespace, placed.TargetNamespace);
            return placed;
        })];
    }

    /// <summary>Parameters for the fields of a request that none is declared for.</summary>
    public object? GetDynamicParameters()
    {
        _more ??= RequestParameters.Make(RequestFields.All.Where(f => GetType().GetProperty(f.Name) is null));
        return _more.Count == 0 ? null : _more;
    }

    /// <summary>Reports something that says nothing about what to clone; the rest goes on.</summary>
    private protected void ReportUnusable(ErrorRecord error)
    {
        HasUnusableInput = true;
        WriteError(error);
    }

    private void BeginGathering()
    {
        _commandLine = new HashSet<string>(MyInvocation.BoundParameters.Keys, StringComparer.OrdinalIgnoreCase);
        if (_commandLine.Contains(nameof(TargetName)) && (Count is not null || NamePattern is not null))
        {
            Refuse("VMCloneNamingConflict", "-TargetName names the clones, and -Count and -NamePattern do too.", "Use either -TargetName or -Count with -NamePattern.");
        }

        if (_commandLine.Contains(nameof(ImageVersion)) && !_commandLine.Contains(nameof(GoldenImage)) && !MyInvocation.ExpectingInput)
        {
            Refuse("GoldenImageMissing", "-ImageVersion needs -GoldenImage: nothing says which image's version is meant.", "Add -GoldenImage with the image's name.");
        }

        try
        {
            _naming = new CloneNaming(NamePattern, Count, StartIndex);
        }
        catch (RequestFaultException e)
        {
            ThrowTerminatingError(ErrorRecords.From(e.ToFault(NamePattern ?? "")));
        }
    }

    private void Gather()
    {
        // $failed.TargetObject, where nothing has failed, is $null: nothing to ask for again.
        if (InputObject is null && MyInvocation.ExpectingInput && SourceName is null or [] && Snapshot is null && GoldenImage is null) return;

        // One record that comes twice, by an item's error and by the one that ended the call, asks once.
        if (InputObject?.BaseObject is VMCloneRequest or VMClone { Request: not null } && !_askedAgain.Add(InputObject.BaseObject)) return;

        // `kubectl get vm -o json | ConvertFrom-Json` is one object that holds the machines.
        if (PropertyReader.GetText(InputObject, "kind")?.EndsWith("List", StringComparison.Ordinal) == true
            && PropertyReader.Get(InputObject, "items") is IEnumerable items)
        {
            foreach (var item in items) Gather(PSObject.AsPSObject(item));
            return;
        }

        Gather(InputObject);
    }

    private void Gather(PSObject? input)
    {
        var number = _naming.Next;
        try
        {
            var piped = PipedObject.Recognize(input);
            CheckNamespace(piped);
            var bound = new BoundValues(_commandLine, input, ParameterValue, Bind);
            var item = new CloneItem
            {
                GivenSources = bound.Names(nameof(SourceName), ColumnNames.OfSource),
                GivenTargets = bound.Names(nameof(TargetName), ColumnNames.OfTarget),
                Snapshot = bound.Text(nameof(Snapshot)),
                GoldenImage = bound.Text(nameof(GoldenImage)),
                ImageVersion = bound.Text(nameof(ImageVersion)),
                Namespace = bound.Text(nameof(Namespace), "ns", "n"),
                Batch = bound.Text("Batch"),
                IsForAll = IsGiven,
                Wishes = bound.Wishes(),
            };
            _requests.AddRange(item.ToRequests(piped, _rows, _naming).Select(r => Identified(r, piped, input)).ToList());
        }
        catch (InputException e)
        {
            _naming.Next = number;
            ReportUnusable(e.ToErrorRecord(input ?? (object?)SourceName));
        }
        catch (RequestFaultException e)
        {
            _naming.Next = number;
            ReportUnusable(ErrorRecords.From(e.ToFault(""), input ?? (object?)SourceName));
        }
    }

    private object? Bind(string name, object? member)
    {
        var declared = GetType().GetProperty(name);
        try
        {
            foreach (var transformation in declared?.GetCustomAttributes<ArgumentTransformationAttribute>() ?? []) member = transformation.Transform(null!, member);
            return LanguagePrimitives.ConvertTo(member, declared?.PropertyType ?? typeof(object), CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is ArgumentTransformationMetadataException or PSInvalidCastException)
        {
            return null;
        }
    }

    private object? ParameterValue(string name) =>
        GetType().GetProperty(name) is { } declared ? declared.GetValue(this) : _more?.TryGetValue(name, out var more) == true ? more.Value : null;
}
