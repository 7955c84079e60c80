{{/* The Job's spec apart from its name, which is made from it: a Job's template cannot change, so another one is another Job. */}}
{{- define "service.migrationSpec" -}}
ttlSecondsAfterFinished: {{ .Values.migration.ttlSecondsAfterFinished }}
activeDeadlineSeconds: {{ .Values.migration.activeDeadlineSeconds }}
backoffLimit: 10
template:
  metadata:
    labels:
      app.kubernetes.io/name: {{ include "service.migrationName" . }}
      app.kubernetes.io/instance: {{ .Release.Name }}
    annotations:
      checksum/config: {{ include "service.config" . | sha256sum }}
  spec:
    restartPolicy: OnFailure
    serviceAccountName: {{ .Values.name }}
    automountServiceAccountToken: false
    enableServiceLinks: false
    {{- with include "service.pullSecrets" . }}{{ . | nindent 4 }}{{ end }}
    securityContext:
      {{- include "service.podSecurity" . | nindent 6 }}
    containers:
      - name: migrate
        image: {{ include "service.image" . }}
        imagePullPolicy: {{ .Values.image.pullPolicy }}
        args:
          {{- toYaml .Values.migration.args | nindent 10 }}
        {{- include "service.environment" . | nindent 8 }}
          {{- range $key, $value := .Values.migration.env }}
          - name: {{ $key }}
            value: {{ $value | quote }}
          {{- end }}
        resources:
          {{- toYaml .Values.migration.resources | nindent 10 }}
        securityContext:
          {{- include "service.containerSecurity" . | nindent 10 }}
{{- end }}
