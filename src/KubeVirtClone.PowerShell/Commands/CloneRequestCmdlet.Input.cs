using System.Collections;
using System.Management.Automation;
using KubeVirtClone.Engine.Cluster;
using KubeVirtClone.Engine.Model.Requests;
using KubeVirtClone.Errors;
using KubeVirtClone.Input;

namespace KubeVirtClone.Commands;

/// <summary>How what is given turns into requests.</summary>
public abstract partial class CloneRequestCmdlet
{
    private readonly List<VMCloneRequest> _requests = [];
    private HashSet<string> _commandLine = [];
    private CloneNaming _naming = new(null, null, 1);

    /// <summary>The clones asked for, in the order they were given; complete when the pipeline has ended. The namespace may still be empty.</summary>
    private protected IReadOnlyList<VMCloneRequest> Requests => _requests;

    /// <summary>Whether something was given that says nothing about what to clone; it has been reported.</summary>
    private protected bool HasUnusableInput { get; private set; }

    /// <summary>Whether a parameter was given on the command line.</summary>
    private protected bool IsGiven(string parameter) => _commandLine.Contains(parameter);

    /// <summary>The requests in the engine's form, each with its namespace.</summary>
    private protected List<CloneRequest> ToEngine(KubeVirtCluster cluster, IEnumerable<VMCloneRequest> requests)
    {
        var @namespace = NamespaceOrDefault(cluster);
        return [.. requests.Select(request =>
        {
            if (request.Namespace.Length == 0) request.Namespace = @namespace;
            if (!string.IsNullOrEmpty(SourceNamespace))
            {
                if (string.IsNullOrEmpty(request.TargetNamespace)) request.TargetNamespace = request.Namespace;
                request.Namespace = SourceNamespace;
            }

            return request.ToEngine();
        })];
    }

    /// <summary>Ends the command: its parameters contradict each other.</summary>
    private protected void Refuse(string id, string message, string action) =>
        ThrowTerminatingError(ErrorRecords.Create(id, ErrorCategory.InvalidArgument, message, action, target: null));

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
        catch (InputException e)
        {
            ThrowTerminatingError(e.ToErrorRecord(NamePattern));
        }
    }

    private void Gather()
    {
        // $failed.TargetObject, where nothing has failed, is $null: nothing to ask for again.
        if (InputObject is null && MyInvocation.ExpectingInput && SourceName is null or [] && Snapshot is null && GoldenImage is null) return;

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
        try
        {
            var piped = PipedObject.Recognize(input);
            var bound = new BoundValues(_commandLine, input, piped);
            var item = new CloneItem
            {
                Piped = piped,
                GivenSources = bound.GivenNames(nameof(SourceName), SourceName),
                PipedSources = bound.PipedNames(nameof(SourceName), SourceName),
                GivenTargets = bound.GivenNames(nameof(TargetName), TargetName),
                PipedTargets = bound.PipedNames(nameof(TargetName), TargetName),
                Snapshot = bound.Text(nameof(Snapshot), Snapshot),
                GoldenImage = bound.Text(nameof(GoldenImage), GoldenImage),
                ImageVersion = bound.Text(nameof(ImageVersion), ImageVersion),
                GivenNamespace = _commandLine.Contains(nameof(Namespace)) ? Namespace : null,
                PipedNamespace = bound.Text(nameof(Namespace), Namespace),
                Options = AddIdentity(new VMCloneRequest
                {
                    LabelFilter = bound.List(nameof(LabelFilter), LabelFilter),
                    AnnotationFilter = bound.List(nameof(AnnotationFilter), AnnotationFilter),
                    TemplateLabelFilter = bound.List(nameof(TemplateLabelFilter), TemplateLabelFilter),
                    TemplateAnnotationFilter = bound.List(nameof(TemplateAnnotationFilter), TemplateAnnotationFilter),
                    MacAddress = bound.Table(nameof(MacAddress), MacAddress),
                    SmbiosSerial = bound.Text(nameof(SmbiosSerial), SmbiosSerial),
                    Patch = bound.Whole(nameof(Patch), Patch),
                    VolumeNamePolicy = VolumeNamePolicy,
                }, bound),
            };
            _requests.AddRange(item.ToRequests(_naming));
        }
        catch (InputException e)
        {
            ReportUnusable(e.ToErrorRecord(input ?? (object?)SourceName));
        }
    }
}
