package sso

import "strings"

// shibbolethGuide is the set-up of a Shibboleth Identity Provider, version 4 or
// 5, by files: with the values in place, fit for XML.
func shibbolethGuide(v Values) []Step {
	metadata := v.step("guide.title.addresses", "guide.shibboleth.metadata", CopyValue{"SP metadata URL", v.Provider.EntityID})
	metadata.Snippets = []Snippet{{"conf/metadata-providers.xml", v.filled(metadataProvider)}}
	attributes := v.step("guide.title.attributes", "guide.shibboleth.attributes")
	attributes.Snippets = []Snippet{{"conf/attribute-filter.xml", v.filled(attributeFilter)}}
	name := v.step("guide.title.name-id", "guide.shibboleth.name-id")
	name.Snippets = []Snippet{
		{"conf/saml-nameid.xml", v.filled(nameIDGenerators)},
		{"conf/relying-party.xml", v.filled(relyingParty)},
	}
	return []Step{
		metadata, attributes, name.noting("guide.note.shibboleth-salt"),
		v.step("guide.title.metadata", "guide.shibboleth.idp-metadata", CopyValue{"URL", "https://HOST/idp/shibboleth"}),
		v.tile("guide.saml.tile", "URL"),
	}
}

// filled puts the values into a snippet, escaped for XML.
func (v Values) filled(snippet string) string {
	return strings.NewReplacer("ENTITY-ID", escape(v.Provider.EntityID), "APP", escape(v.AppName)).Replace(snippet)
}

const metadataProvider = `<!-- APP -->
<MetadataProvider id="HomeroomMetadata"
                  xsi:type="FileBackedHTTPMetadataProvider"
                  backingFile="%{idp.home}/metadata/homeroom-metadata.xml"
                  metadataURL="ENTITY-ID"
                  maxRefreshDelay="PT4H"/>
`

const attributeFilter = `<AttributeFilterPolicy id="releaseToHomeroom">
    <PolicyRequirementRule xsi:type="Requester" value="ENTITY-ID"/>
    <AttributeRule attributeID="mail" permitAny="true"/>
    <AttributeRule attributeID="givenName" permitAny="true"/>
    <AttributeRule attributeID="sn" permitAny="true"/>
    <AttributeRule attributeID="eduPersonPrincipalName" permitAny="true"/>
    <AttributeRule attributeID="eduPersonScopedAffiliation" permitAny="true"/>
</AttributeFilterPolicy>
`

const nameIDGenerators = `<util:list id="shibboleth.SAML2NameIDGenerators">
    <ref bean="shibboleth.SAML2TransientGenerator"/>
    <ref bean="shibboleth.SAML2PersistentGenerator"/>
</util:list>
`

const relyingParty = `<!-- in the list shibboleth.RelyingPartyOverrides -->
<bean parent="RelyingPartyByName" c:relyingPartyIds="ENTITY-ID">
    <property name="profileConfigurations">
        <list>
            <bean parent="SAML2.SSO"
                  p:nameIDFormatPrecedence="urn:oasis:names:tc:SAML:2.0:nameid-format:persistent"
                  p:signAssertions="true"
                  p:encryptAssertions="false"/>
        </list>
    </property>
</bean>
`
